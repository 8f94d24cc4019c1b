import { describe, expect, test } from 'vitest';
import type { Lane } from '../../daemon/core/effects.ts';
import { REQUEST } from '../core/road.ts';
import { ask, type OpenedStore, runAt, runIdOf, send, temporaryStore } from './temporary-store.ts';

const drainLane = (store: OpenedStore, lane: Lane) => {
  const claimed: string[] = [];
  for (
    let effect = store.outbox.claim(lane, Number.MAX_SAFE_INTEGER);
    effect !== undefined;
    effect = store.outbox.claim(lane, Number.MAX_SAFE_INTEGER)
  )
    claimed.push(`${effect.type} ${effect.runId === undefined ? '-' : Number(effect.runId.slice(4))}`);
  return claimed;
};
const stateOf = (store: OpenedStore, id: number) => store.db.prepare('SELECT state, tries, interrupted FROM effects WHERE id = ?').get(id);

describe('the order of claims', () => {
  test('slots go by priority, then by age, then by the order of asking', () => {
    const store = temporaryStore();
    const priorities = ['low', 'normal', 'high', 'normal', 'high', 'normal'] as const;
    for (const [index, priority] of priorities.entries()) {
      if (index === 3) store.clock.advance(1);
      runAt(store, 'queued', index + 1, { priority });
    }
    expect(drainLane(store, 'slots')).toEqual([
      'lease_slot 3',
      'lease_slot 5',
      'lease_slot 2',
      'lease_slot 4',
      'lease_slot 6',
      'lease_slot 1',
    ]);
  });

  test('an older run that had to wait goes before a younger one', () => {
    const store = temporaryStore();
    runAt(store, 'queued', 1);
    store.outbox.putBack(store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)!.id, 'waiting');
    store.clock.advance(5);
    runAt(store, 'queued', 2);
    store.outbox.wakeWaiting();
    expect(drainLane(store, 'slots')).toEqual(['lease_slot 1', 'lease_slot 2']);
  });

  test('in the lane of main the run that has begun goes first, before an older one that has not', () => {
    const store = temporaryStore();
    for (const n of [1, 2]) runAt(store, 'approved', n);
    const first = store.outbox.claim('main', Number.MAX_SAFE_INTEGER)!;
    expect(first.runId).toBe(runIdOf(1));
    send(store, runIdOf(2), { type: 'report_merge_started' });
    store.outbox.putBack(first.id, 'again');
    expect(drainLane(store, 'main')).toEqual(['build_candidate 2']);
  });

  test('undoing goes before everything, also before what belongs to no run', () => {
    const store = temporaryStore();
    store.outbox.owe('roll_back', 1, { payload: { releaseId: 'x' } });
    runAt(store, 'approved', 2);
    const run = runAt(store, 'deploying', 1);
    store.ledger.report(
      run.id,
      { type: 'report_release_failed', releaseId: run.releaseId!, step: 'health', reason: 'DEPLOY_UNHEALTHY', detail: 'x' },
      't',
    );
    expect(drainLane(store, 'main')).toEqual(['undo_main 1', 'build_candidate 1', 'run_gate 1', 'land 1', 'deploy 1', 'roll_back -']);
  });

  test.each(['merging', 'deploying'] as const)(
    'no other run begins its merge while one is %s, not even while that one waits; a rollback may',
    (state) => {
      const store = temporaryStore();
      const one = runAt(store, state, 1);
      runAt(store, 'approved', 2);
      store.outbox.owe('roll_back', 1, { payload: { releaseId: 'x' } });
      store.db.exec(`UPDATE effects SET state = 'waiting' WHERE run_id = '${one.id}' AND lane = 'main'`);
      expect(drainLane(store, 'main')).toEqual(['roll_back -']);
      store.ledger.report(one.id, { type: 'report_failed', reason: 'DEPLOY_UNKNOWN', detail: 'x' }, 't');
      expect(drainLane(store, 'main')).toEqual(['build_candidate 2']);
    },
  );
});

describe('the life of an effect', () => {
  test('it is claimed once, and its tries are counted', () => {
    const store = temporaryStore();
    runAt(store, 'queued');
    const effect = store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)!;
    expect(effect).toMatchObject({ type: 'lease_slot', runId: runIdOf(1), tries: 1, interrupted: false });
    expect(store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)).toBeUndefined();
    store.outbox.retry(effect.id, 'it broke', 0);
    expect(store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)).toMatchObject({ id: effect.id, tries: 2 });
    store.outbox.dead(effect.id, 'it broke', 1);
    expect(store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)).toBeUndefined();
    expect(store.outbox.countOpen()).toBe(0);
  });

  test('waiting is no try, is not claimed, and ends when woken', () => {
    const store = temporaryStore();
    runAt(store, 'queued');
    const { id } = store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)!;
    store.outbox.putBack(id, 'waiting');
    expect(stateOf(store, id)).toEqual({ state: 'waiting', tries: 0, interrupted: 0 });
    expect(store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)).toBeUndefined();
    expect([store.outbox.countOpen(), store.outbox.isOpen('lease_slot')]).toEqual([0, true]);
    expect(store.outbox.wakeWaiting()).toBe(1);
    expect(store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)).toMatchObject({ id, tries: 1, interrupted: false });
  });

  test('CRS-02 what ran when the daemon died is owed again and knows it; what was owed or waited is not marked; what is done stays done', () => {
    const store = temporaryStore();
    for (const n of [1, 2, 3, 4]) runAt(store, 'queued', n);
    const [ran, waited, done] = [
      store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)!,
      store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)!,
      store.outbox.claim('slots', Number.MAX_SAFE_INTEGER)!,
    ];
    store.outbox.putBack(waited.id, 'waiting');
    store.outbox.done(done.id, 1);
    store.close();
    const again = temporaryStore({ folder: store.folder });
    expect(again.outbox.recover()).toBe(1);
    const claimed = [
      again.outbox.claim('slots', Number.MAX_SAFE_INTEGER)!,
      again.outbox.claim('slots', Number.MAX_SAFE_INTEGER)!,
      again.outbox.claim('slots', Number.MAX_SAFE_INTEGER)!,
    ];
    expect(claimed.map(({ id, interrupted }) => [id, interrupted])).toEqual([
      [ran.id, true],
      [waited.id, false],
      [done.id + 1, false],
    ]);
    expect(again.outbox.claim('slots', Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  test('an effect that was settled by its own report is not running any more', () => {
    const store = temporaryStore();
    const run = runAt(store, 'planning');
    const { id } = store.outbox.claim('work', Number.MAX_SAFE_INTEGER)!;
    expect(store.outbox.isRunning(id)).toBe(true);
    store.ledger.report(run.id, { type: 'report_failed', reason: 'SETUP_FAILED', detail: 'x' }, 't', id);
    expect(store.outbox.isRunning(id)).toBe(false);
  });

  test('the end of a run keeps its clean-up and what brings upstream along, and touches no other run', () => {
    const store = temporaryStore();
    const run = runAt(store, 'deploying', 1);
    runAt(store, 'queued', 2);
    store.ledger.report(run.id, { type: 'report_failed', reason: 'DEPLOY_UNKNOWN', detail: 'x' }, 't');
    const open = store.db.prepare(`SELECT type, run_id FROM effects WHERE state IN ('owed', 'waiting') ORDER BY id`).all();
    expect(open).toEqual([
      { type: 'follow_upstream', run_id: run.id },
      { type: 'lease_slot', run_id: runIdOf(2) },
      { type: 'release_slot', run_id: run.id },
    ]);
  });

  test('what belongs to no run keeps its payload', () => {
    const store = temporaryStore();
    store.ledger.act({ actor: 'ada', action: 'rollback', subject: 'x', traceId: 't', payload: {} }, (tx) =>
      tx.owe('roll_back', { releaseId: 'rel_x', from: 'c' }),
    );
    expect(store.outbox.claim('main', Number.MAX_SAFE_INTEGER)).toMatchObject({
      type: 'roll_back',
      payload: { releaseId: 'rel_x', from: 'c' },
    });
  });
});

describe('leases', () => {
  test('I5 one active lease a slot and one a run, by the database itself', () => {
    const store = temporaryStore();
    const run = runAt(store, 'planning', 1);
    runAt(store, 'queued', 2);
    const lease = (slot: string, fence: number, runId: string) => () =>
      store.db
        .prepare(
          `INSERT INTO slot_leases (slot_id, fence, run_id, lease_state, leased_at, expires_at, heartbeat_at, active_at) VALUES (?, ?, ?, 'active', 1, 2, 1, 1)`,
        )
        .run(slot, fence, runId);
    expect(lease('preview-1', 99, runIdOf(2))).toThrow('UNIQUE');
    expect(lease('preview-2', 99, run.id)).toThrow('UNIQUE');
    expect(lease('preview-2', 99, runIdOf(2))).not.toThrow();
  });

  test('LSE-04 three slots and ten requests: never two at a slot, in order, and nobody is left behind', () => {
    const store = temporaryStore();
    for (let n = 1; n <= 10; n++) ask(store, runIdOf(n), REQUEST);
    const served: string[] = [];
    while (served.length < 10) {
      while (store.leases.firstFree() !== undefined) {
        const effect = store.outbox.claim('slots', Number.MAX_SAFE_INTEGER);
        if (effect === undefined) break;
        send(store, effect.runId!, { type: 'report_lease', slot: '', fence: 0, expiresAt: 0 });
        served.push(effect.runId!);
      }
      const active = store.leases.active();
      expect(new Set(active.map(({ slot_id }) => slot_id)).size).toBe(active.length);
      expect(active.length).toBeLessThanOrEqual(3);
      ask(store, active[active.length - 1]!.run_id, { type: 'cancel_run' });
    }
    expect(served).toEqual(Array.from({ length: 10 }, (_, index) => runIdOf(index + 1)));
  });

  test('a fence only grows, also when another run takes the slot, and a beat of an old one beats nothing', () => {
    const store = temporaryStore({ slots: 1 });
    const first = runAt(store, 'planning', 1);
    ask(store, first.id, { type: 'cancel_run' });
    const second = runAt(store, 'planning', 2);
    expect(second.fence!).toBeGreaterThan(first.fence!);
    const beat = (fence: number) => store.leases.heartbeat({ slot: 'preview-1', fence, now: 5, expires: 9 });
    expect([beat(first.fence!), beat(second.fence!), beat(second.fence! + 1)]).toEqual([false, true, false]);
    expect(store.ledger.report(second.id, { type: 'report_data', fence: first.fence!, seedVersion: 's', kind: 'none' }, 't')).toMatchObject(
      { ok: false, refusal: { code: 'lease_lost' } },
    );
  });

  test('a quarantined slot is never handed out, also not after a restart with other settings', () => {
    const store = temporaryStore({ slots: 2 });
    store.leases.quarantine('preview-1', 'could not be cleaned');
    expect(store.leases.firstFree()?.id).toBe('preview-2');
    store.leases.configure(1);
    expect(store.leases.firstFree()).toBeUndefined();
    store.leases.configure(3);
    expect(store.leases.firstFree()?.id).toBe('preview-2');
    expect(store.leases.slots().map(({ id, state }) => [id, state])).toEqual([
      ['preview-1', 'quarantined'],
      ['preview-2', 'ready'],
      ['preview-3', 'ready'],
    ]);
    store.leases.clear('preview-1');
    expect(store.leases.firstFree()?.id).toBe('preview-1');
  });
});
