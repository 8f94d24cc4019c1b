import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunState } from '#shared/run.ts';
import { createLeaseKeeper } from '../../daemon/effects/lease-keeper.ts';
import type { Parts } from '../../daemon/effects/parts.ts';
import { APPROVE } from '../core/road.ts';
import { ask, type OpenedStore, releaseIdOf, runAt, runIdOf, type StoreSettings, temporaryStore } from '../store/temporary-store.ts';

const MINUTES = 60_000;
const HOURS = 60 * MINUTES;
const SETTINGS = { heartbeatMs: 60_000, idleTtlMs: 30 * MINUTES, maxHoldMs: 6 * HOURS, runMs: 45 * MINUTES };

function open(
  settings: StoreSettings = {},
): OpenedStore & { said: string[]; stateOf(n: number): RunState | undefined; restart(): void; keep(): void } {
  const store = temporaryStore(settings);
  const said: string[] = [];
  const start = () => {
    const keeper = createLeaseKeeper(
      { ...store, log: (_level: string, message: string) => said.push(message) } as unknown as Parts,
      SETTINGS,
    );
    keeper.start();
    onTestFinished(keeper.stop);
    return keeper;
  };
  let keeper = start();
  return {
    ...store,
    said,
    stateOf: (n) => store.queries.find(runIdOf(n))?.state,
    keep: () => keeper.keep(),
    restart() {
      keeper.stop();
      keeper = start();
    },
  };
}

describe('an idle lease', () => {
  test('is kept for hours while nobody waits, and what was shown can still be approved', () => {
    const store = open();
    runAt(store, 'needs_approval');
    store.clock.advance(5 * HOURS);
    expect(store.stateOf(1)).toBe('needs_approval');
    expect(ask(store, runIdOf(1), APPROVE).ok).toBe(true);
  });

  test('is given up after its time when somebody waits, and not before', () => {
    const store = open({ slots: 1 });
    runAt(store, 'needs_approval', 1);
    runAt(store, 'queued', 2);
    store.clock.advance(30 * MINUTES - 1);
    expect(store.stateOf(1)).toBe('needs_approval');
    store.clock.advance(SETTINGS.heartbeatMs);
    expect(store.queries.find(runIdOf(1))).toMatchObject({ state: 'expired', reason: { code: 'LEASE_EXPIRED' } });
    expect(store.leases.firstFree()?.id).toBe('preview-1');
  });

  test('gives way only as often as somebody waits: the longest idle first, and none while a slot is free', () => {
    const store = open({ slots: 3 });
    for (const n of [1, 2]) {
      runAt(store, 'needs_approval', n);
      store.clock.advance(1_000);
    }
    runAt(store, 'queued', 9);
    store.clock.advance(2 * HOURS);
    expect([1, 2].map(store.stateOf)).toEqual(['needs_approval', 'needs_approval']);
    runAt(store, 'needs_approval', 3);
    store.clock.advance(40 * MINUTES);
    expect([1, 2, 3].map(store.stateOf)).toEqual(['expired', 'needs_approval', 'needs_approval']);
  });

  test('is kept by visits', () => {
    const store = open({ slots: 1 });
    runAt(store, 'needs_approval', 1);
    runAt(store, 'queued', 2);
    for (let visit = 0; visit < 10; visit++) {
      store.clock.advance(29 * MINUTES);
      store.leases.touch(runIdOf(1), store.clock.now());
    }
    expect(store.stateOf(1)).toBe('needs_approval');
    store.clock.advance(31 * MINUTES);
    expect(store.stateOf(1)).toBe('expired');
  });

  test('ends after the longest hold although nobody waits', () => {
    const store = open();
    runAt(store, 'needs_approval');
    store.clock.advance(6 * HOURS - MINUTES);
    expect(store.stateOf(1)).toBe('needs_approval');
    store.clock.advance(MINUTES + SETTINGS.heartbeatMs);
    expect(store.stateOf(1)).toBe('expired');
  });

  test.each<RunState>(['planning', 'editing', 'testing', 'approved', 'merging', 'deploying'])(
    'is none in %s: it is renewed, whoever waits',
    (state) => {
      const store = open({ slots: 1 });
      runAt(store, state, 1);
      runAt(store, 'queued', 2);
      store.clock.advance(40 * MINUTES);
      expect(store.stateOf(1)).toBe(state);
      expect(store.leases.active()[0]?.expires_at).toBeGreaterThan(store.clock.now());
    },
  );

  test('is nobody’s idleness while the daemon was down', () => {
    const store = open({ slots: 1 });
    runAt(store, 'needs_approval', 1);
    runAt(store, 'queued', 2);
    store.clock.setWall(5 * HOURS);
    store.restart();
    store.clock.advance(29 * MINUTES);
    expect(store.stateOf(1)).toBe('needs_approval');
    expect(ask(store, runIdOf(1), APPROVE).ok).toBe(true);
  });
});

describe('LSE-01 a clock that jumps', () => {
  test.each([
    ['an hour on, as after a suspend', HOURS],
    ['two days on', 48 * HOURS],
    ['an hour back', -HOURS],
  ])('%s: nobody loses a slot by it', (_what, by) => {
    const store = open({ slots: 1 });
    runAt(store, 'needs_approval', 1);
    runAt(store, 'queued', 2);
    store.clock.advance(5 * MINUTES);
    store.clock.setWall(by);
    store.clock.advance(SETTINGS.heartbeatMs);
    expect(store.stateOf(1)).toBe('needs_approval');
    expect(store.leases.active()[0]?.expires_at).toBeGreaterThan(store.clock.now());
    store.clock.advance(31 * MINUTES);
    expect(store.stateOf(1)).toBe('expired');
  });

  test('a look in between takes a slot from nobody early, and keeps it for nobody whose time is over', () => {
    const store = open({ slots: 1 });
    runAt(store, 'needs_approval', 1);
    runAt(store, 'queued', 2);
    store.clock.advance(30 * MINUTES - SETTINGS.heartbeatMs - 1);
    store.keep();
    expect(store.stateOf(1)).toBe('needs_approval');
    store.clock.advance(SETTINGS.heartbeatMs - 1);
    store.keep();
    expect(store.stateOf(1)).toBe('needs_approval');
    store.clock.advance(2);
    store.keep();
    expect(store.stateOf(1)).toBe('expired');
  });

  test('takes no time from a run, neither at once nor when it is approved later', () => {
    const store = open();
    const run = runAt(store, 'editing', 1);
    store.clock.advance(5 * MINUTES);
    store.clock.setWall(8 * HOURS);
    store.clock.advance(MINUTES);
    expect(store.stateOf(1)).toBe('editing');
    const { fence } = run;
    store.ledger.report(run.id, { type: 'report_failed', reason: 'AGENT_FAILED', detail: 'x', fence: fence! }, 't');
    expect(store.queries.find(run.id)?.reason?.code).toBe('AGENT_FAILED');
    expect(store.progress.clock(run.id)).toBeLessThanOrEqual(6 * MINUTES + SETTINGS.heartbeatMs);
  });
});

describe('the clock of a run', () => {
  test.each<RunState>(['planning', 'editing', 'testing', 'merging'])('ends it in %s after its time', (state) => {
    const store = open();
    runAt(store, state);
    store.clock.advance(45 * MINUTES - SETTINGS.heartbeatMs);
    expect(store.stateOf(1)).toBe(state);
    store.clock.advance(3 * SETTINGS.heartbeatMs);
    expect(store.queries.find(runIdOf(1))).toMatchObject({ state: 'failed', reason: { code: 'RUN_TIMEOUT' } });
  });

  test.each<RunState>(['queued', 'preview_ready', 'needs_approval', 'approved'])('stands in %s', (state) => {
    const store = open();
    runAt(store, state);
    store.clock.advance(4 * HOURS);
    expect(store.stateOf(1)).toBe(state);
  });

  test('cuts nothing off while main may be moving or production is being switched', () => {
    const store = open();
    const run = runAt(store, 'merging', 1);
    runAt(store, 'deploying', 2);
    store.ledger.report(run.id, { type: 'report_landing', candidateId: 'cand-1', releaseId: releaseIdOf(1) }, 't');
    store.clock.advance(2 * HOURS);
    expect([1, 2].map(store.stateOf)).toEqual(['merging', 'deploying']);
  });

  test('stands while the run waits with a reason', () => {
    const store = open();
    const run = runAt(store, 'merging', 1);
    store.ledger.report(run.id, { type: 'report_waiting', reason: 'FROZEN' }, 't');
    store.clock.advance(5 * HOURS);
    expect(store.stateOf(1)).toBe('merging');
  });

  test('goes on after a restart where it stood, without the time in between', () => {
    const store = open();
    runAt(store, 'editing', 1);
    store.clock.advance(30 * MINUTES);
    store.clock.setWall(10 * HOURS);
    store.restart();
    store.clock.advance(10 * MINUTES);
    expect(store.stateOf(1)).toBe('editing');
    store.clock.advance(8 * MINUTES);
    expect(store.stateOf(1)).toBe('failed');
  });
});

test('LDG-05 a beat that finds no room in the ledger is followed by the next one', () => {
  const store = open({ slots: 1 });
  runAt(store, 'needs_approval', 1);
  runAt(store, 'queued', 2);
  store.db.exec(`CREATE TEMP TRIGGER broken BEFORE UPDATE ON main.slot_leases BEGIN SELECT RAISE(ABORT, 'full'); END`);
  store.clock.advance(2 * MINUTES);
  expect(store.said).toContain('the leases could not be kept');
  store.db.exec('DROP TRIGGER broken');
  store.clock.advance(31 * MINUTES);
  expect(store.stateOf(1)).toBe('expired');
});

test('a beat beats only for the lease that is there', () => {
  const store = open({ slots: 1 });
  const first = runAt(store, 'needs_approval', 1);
  ask(store, first.id, { type: 'cancel_run' });
  const second = runAt(store, 'needs_approval', 2);
  store.clock.advance(MINUTES);
  const rows = store.db.prepare('SELECT fence, lease_state, heartbeat_at FROM slot_leases ORDER BY fence').all() as {
    fence: number;
    lease_state: string;
    heartbeat_at: number;
  }[];
  expect(rows.map(({ fence, lease_state }) => [fence, lease_state])).toEqual([
    [first.fence, 'released'],
    [second.fence, 'active'],
  ]);
  expect(rows[0]!.heartbeat_at).toBeLessThan(rows[1]!.heartbeat_at);
});
