import { describe, expect, test } from 'vitest';
import type { Publication } from '../../daemon/store/ledger.ts';
import { APPROVE, REQUEST } from '../core/road.ts';
import { ask, count, entry, type OpenedStore, runAt, runIdOf, temporaryStore } from './temporary-store.ts';

const TABLES = ['runs', 'run_events', 'effects', 'audit_log', 'idempotency', 'run_context', 'slot_leases', 'approvals'];
const everything = (store: OpenedStore) =>
  JSON.stringify(TABLES.map((table) => store.db.prepare(`SELECT * FROM ${table} ORDER BY rowid`).all()));
const RUN = runIdOf(1);
const RECEIPT = { door: 'createRun', key: 'key-00001', bodyHash: 'hash-1' };

/** Asks for a run with a receipt, as the door does. */
function create(store: OpenedStore, runId: string, receipt = RECEIPT, actor = 'ada') {
  return store.ledger.answer(entry('createRun', runId, actor), receipt, (tx) => {
    const committed = tx.run(runId, {
      ...REQUEST,
      request: { prompt: 'Make it green', context: { url: 'http://shop.test/' } },
    } as typeof REQUEST);
    return committed.ok
      ? { status: 202, body: JSON.stringify({ id: runId, title: committed.run.title }) }
      : { status: committed.refusal.code === 'queue_full' ? 429 : 409, body: JSON.stringify(committed.refusal) };
  });
}

describe('one commit', () => {
  test('has the receipt, the fact, the snapshot, the context, the owed effect and the audit row', () => {
    const store = temporaryStore();
    create(store, RUN);
    expect(TABLES.map((table) => count(store, table))).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
    expect(store.db.prepare('SELECT type, state, run_id FROM effects').get()).toEqual({ type: 'lease_slot', state: 'owed', run_id: RUN });
    expect(store.db.prepare('SELECT actor, action, subject, outcome FROM audit_log').get()).toEqual({
      actor: 'ada',
      action: 'createRun',
      subject: RUN,
      outcome: 'accepted',
    });
  });

  test('that throws at its end leaves nothing of it, and nobody hears of it', () => {
    const store = temporaryStore();
    const told: Publication[] = [];
    store.ledger.subscribe((publication) => told.push(publication));
    const before = everything(store);
    expect(() =>
      store.ledger.answer(entry('createRun', RUN), RECEIPT, (tx) => {
        tx.run(RUN, REQUEST);
        tx.owe('roll_back', {});
        tx.hint('status');
        throw new Error('the handler broke');
      }),
    ).toThrow('the handler broke');
    expect(everything(store)).toBe(before);
    expect(told).toEqual([]);
    expect('status' in create(store, RUN)).toBe(true);
  });

  test.each(TABLES)('that cannot write %s writes nothing at all', (table) => {
    const store = temporaryStore();
    runAt(store, 'needs_approval');
    runAt(store, 'queued', 2);
    store.db.exec(`CREATE TEMP TRIGGER broken BEFORE INSERT ON main.${table} BEGIN SELECT RAISE(ABORT, 'no ${table}'); END`);
    const before = everything(store);
    const work = () =>
      store.ledger.answer(entry('many', RUN), RECEIPT, (tx) => {
        tx.run(runIdOf(3), { ...REQUEST, request: { prompt: 'x', context: { url: 'http://shop.test/' } } } as typeof REQUEST);
        tx.run(RUN, APPROVE);
        tx.run(runIdOf(2), { type: 'report_lease', slot: 'preview-2', fence: store.leases.nextFence('preview-2'), expiresAt: tx.now + 1 });
        return { status: 202, body: '{}' };
      });
    expect(work).toThrow(`no ${table}`);
    expect(everything(store)).toBe(before);
    store.db.exec('DROP TRIGGER broken');
    expect(work()).toEqual({ status: 202, body: '{}' });
  });

  test('of a refused command changes nothing but its receipt and its audit row', () => {
    const store = temporaryStore();
    runAt(store, 'queued');
    const before = [count(store, 'run_events'), count(store, 'effects'), count(store, 'audit_log')];
    const answer = store.ledger.answer(entry('approveRun', RUN), { ...RECEIPT, door: 'approveRun' }, (tx) => {
      const committed = tx.run(RUN, APPROVE);
      return { status: committed.ok ? 202 : 409, body: '{}' };
    });
    expect(answer).toEqual({ status: 409, body: '{}' });
    expect([count(store, 'run_events'), count(store, 'effects'), count(store, 'audit_log')]).toEqual([
      before[0],
      before[1],
      before[2]! + 1,
    ]);
    expect(store.audit.list(Number.MAX_SAFE_INTEGER, 1)[0]?.outcome).toBe('refused 409');
  });

  test('is told once, after it is done, with what it stated and the newest number', () => {
    const store = temporaryStore();
    const told: { publication: Publication; state: string | undefined; inside: boolean }[] = [];
    store.ledger.subscribe((publication) =>
      told.push({ publication, state: store.queries.find(RUN)?.state, inside: store.db.inTransaction }),
    );
    ask(store, RUN, REQUEST);
    expect(told).toMatchObject([{ state: 'queued', inside: false, publication: { seq: 1, hints: [] } }]);
    store.ledger.report(RUN, { type: 'report_checks_passed', fence: 1, commit: 'x' }, 'trace');
    expect(told).toHaveLength(1);
  });
});

describe('receipts', () => {
  test('IDM-01 the same key and body ten times at once: one run, the same bytes each time', async () => {
    const store = temporaryStore();
    const answers = await Promise.all(Array.from({ length: 10 }, async (_, index) => create(store, runIdOf(index + 1))));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect([count(store, 'runs'), count(store, 'audit_log'), count(store, 'effects')]).toEqual([1, 1, 1]);
  });

  test('IDM-02 the same key with another body is a conflict and does nothing', () => {
    const store = temporaryStore();
    create(store, RUN);
    const before = everything(store);
    expect(create(store, runIdOf(2), { ...RECEIPT, bodyHash: 'hash-2' })).toEqual({ conflict: true });
    expect(everything(store)).toBe(before);
  });

  test('a key is its actor’s and its door’s own', () => {
    const store = temporaryStore();
    create(store, RUN);
    for (const [receipt, actor] of [
      [RECEIPT, 'grace'],
      [{ ...RECEIPT, door: 'otherDoor' }, 'ada'],
    ] as const)
      expect('status' in create(store, runIdOf(count(store, 'runs') + 1), receipt, actor)).toBe(true);
    expect(count(store, 'runs')).toBe(3);
  });

  test('IDM-03 an answer that was committed but never heard is given again after a restart, byte for byte', () => {
    const store = temporaryStore();
    const first = create(store, RUN);
    store.close();
    const again = temporaryStore({ folder: store.folder });
    expect(create(again, runIdOf(2))).toEqual(first);
    expect(count(again, 'runs')).toBe(1);
  });

  test('a refusal is replayed too, so that a retry cannot slip in when the state has changed', () => {
    const store = temporaryStore();
    const approve = () =>
      store.ledger.answer(entry('approveRun', RUN), { ...RECEIPT, door: 'approveRun' }, (tx) => ({
        status: tx.run(RUN, APPROVE).ok ? 202 : 409,
        body: '{}',
      }));
    expect(approve()).toMatchObject({ status: 409 });
    runAt(store, 'needs_approval');
    expect(approve()).toMatchObject({ status: 409 });
    expect(store.queries.find(RUN)?.state).toBe('needs_approval');
  });

  test('a full queue is no answer for ever: the same request is taken when there is room', () => {
    const store = temporaryStore({ queueLimit: 1 });
    runAt(store, 'queued', 9);
    expect(create(store, RUN)).toMatchObject({ status: 429 });
    ask(store, runIdOf(9), { type: 'cancel_run' });
    expect(create(store, RUN)).toMatchObject({ status: 202 });
    expect(create(store, runIdOf(2))).toMatchObject({ status: 202, body: expect.stringContaining(RUN) });
  });
});

test('a report settles its effect in the same commit, and a refused one does not', () => {
  const store = temporaryStore();
  const run = runAt(store, 'planning');
  const effect = store.outbox.claim('work', Number.MAX_SAFE_INTEGER)!;
  const stateOf = (id: number) => (store.db.prepare('SELECT state FROM effects WHERE id = ?').get(id) as { state: string }).state;
  const report = (fence: number) =>
    store.ledger.report(
      RUN,
      {
        type: 'report_worktree',
        startCommit: 'b'.repeat(40),
        startTree: 'c'.repeat(40),
        fence,
        baseCommit: 'b'.repeat(40),
        worktree: '/w',
        brief: 'x',
      },
      'trace',
      effect.id,
    );
  expect(report(run.fence! + 1).ok).toBe(false);
  expect(stateOf(effect.id)).toBe('running');
  expect(report(run.fence!).ok).toBe(true);
  expect(stateOf(effect.id)).toBe('done');
});

test('the end of a run frees its slot at once, and drops what it owed but its clean-up', () => {
  const store = temporaryStore({ slots: 1 });
  runAt(store, 'approved');
  expect(store.leases.firstFree()).toBeUndefined();
  ask(store, RUN, { type: 'cancel_run' });
  expect(store.leases.firstFree()?.id).toBe('preview-1');
  expect(store.db.prepare(`SELECT type FROM effects WHERE state IN ('owed', 'waiting')`).all()).toEqual([{ type: 'release_slot' }]);
  expect(store.db.prepare('SELECT lease_state FROM slot_leases').all()).toEqual([{ lease_state: 'released' }]);
});
