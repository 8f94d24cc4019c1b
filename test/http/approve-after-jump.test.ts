import { expect, onTestFinished, test } from 'vitest';
import { createLeaseKeeper } from '../../daemon/effects/lease-keeper.ts';
import type { Parts } from '../../daemon/effects/parts.ts';
import type { DoorParts } from '../../daemon/http/doors/parts.ts';
import { runDoors } from '../../daemon/http/doors/runs.ts';
import { HEAD } from '../core/road.ts';
import { runAt, runIdOf, temporaryStore } from '../store/temporary-store.ts';

const HOURS = 3_600_000;

/** The doors of runs and the keeper of leases, on one ledger and one clock, as the daemon puts them together. `start`: the keeper beats already. */
function open({ start = true } = {}) {
  const store = temporaryStore({ slots: 1 });
  const keeper = createLeaseKeeper({ ...store, log: () => {} } as unknown as Parts, {
    heartbeatMs: 20_000,
    idleTtlMs: HOURS / 2,
    maxHoldMs: 24 * HOURS,
    runMs: HOURS,
  });
  onTestFinished(keeper.stop);
  if (start) keeper.start();
  const doors = runDoors({ ...store, upstream: { state: 'in_step' }, keepLeases: keeper.keep } as unknown as DoorParts);
  const approve = () =>
    doors.approveRun(
      { params: { id: runIdOf(1) }, query: {}, body: { headCommit: HEAD } } as never,
      {
        actor: 'ada',
        role: 'approver',
        door: 'approveRun',
        key: 'key-00000001',
        bodyHash: 'hash',
        requestId: 'request',
        traceId: 'trace',
      } as never,
    );
  runAt(store, 'needs_approval', 1);
  runAt(store, 'queued', 2);
  return { ...store, approve };
}

test.each([HOURS, 48 * HOURS, -HOURS])('LSE-01 a clock set by %d ms an instant ago costs nobody the approval', async (by) => {
  const { clock, approve } = open();
  clock.setWall(by);
  expect(await approve()).toMatchObject({ ok: true, body: { run: { state: 'approved' } } });
});

test('after a downtime the first approval needs no beat before it', async () => {
  const { clock, approve } = open({ start: false });
  clock.setWall(5 * HOURS);
  expect(await approve()).toMatchObject({ ok: true });
});

test('a lease whose time is over is not kept by asking, and the answer says so', async () => {
  const { clock, db, approve } = open();
  clock.advance(HOURS / 2 - 20_000);
  // Between two beats: nothing but the look before the approval can see it.
  db.prepare('UPDATE slot_leases SET active_at = active_at - 40000').run();
  expect(await approve()).toMatchObject({ ok: false, code: 'wrong_state', message: expect.stringContaining('expired') });
});
