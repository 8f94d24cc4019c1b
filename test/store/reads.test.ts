import { expect, test } from 'vitest';
import type { Hint, Publication } from '../../daemon/store/ledger.ts';
import { ask, count, entry, type OpenedStore, runAt, runIdOf, send, temporaryStore } from './temporary-store.ts';

/** A store with people in it. */
function withPeople(...names: readonly string[]): OpenedStore {
  const store = temporaryStore();
  for (const name of names) join(store, name);
  return store;
}

const join = (store: OpenedStore, name: string) =>
  store.ledger.act(entry('pair', name), (tx) => store.devices.addUser({ id: `usr_${name}`, name, role: 'viewer', at: tx.now }));

const unread = (store: OpenedStore, reader: string) =>
  store.queries.list({ limit: 50, reader, unread: true }).runs.map(({ id }) => Number(id.slice(4)));

/** As the door marks. */
function mark(store: OpenedStore, user: string, n: number, seen: number | null): boolean {
  return store.ledger.act(
    entry('markRun', runIdOf(n), user),
    () => (seen === null ? store.reads.unsee(user, runIdOf(n)) : store.reads.see(user, runIdOf(n), seen)),
    () => undefined,
  );
}

test('what waits for a person or has ended is unread to everybody until they saw it, each for themselves', () => {
  const store = withPeople('ada', 'grace');
  runAt(store, 'editing', 1);
  const waits = runAt(store, 'needs_approval', 2);
  expect([unread(store, 'ada'), unread(store, 'grace')]).toEqual([[2], [2]]);
  mark(store, 'ada', 2, waits.version);
  expect([unread(store, 'ada'), unread(store, 'grace')]).toEqual([[], [2]]);
  const views = (reader?: string) => [
    store.queries.view(waits, reader).unread,
    store.queries.list({ limit: 5, ...(reader && { reader }) }).runs[0]!.unread,
  ];
  expect([views('ada'), views('grace'), views('nobody'), views()]).toEqual([
    [undefined, undefined],
    [true, true],
    [undefined, undefined],
    [undefined, undefined],
  ]);
});

test('it is unread again when it has other news, not when another step of the same was made', () => {
  const store = withPeople('ada');
  const waits = runAt(store, 'needs_approval');
  mark(store, 'ada', 1, waits.version);
  ask(store, waits.id, { type: 'reject_run', reason: 'No.' });
  const rejected = store.queries.find(waits.id)!;
  expect(unread(store, 'ada')).toEqual([1]);
  mark(store, 'ada', 1, rejected.version);
  ask(store, waits.id, { type: 'archive_run', archived: true });
  ask(store, waits.id, { type: 'archive_run', archived: false });
  expect(store.queries.find(waits.id)!.version).toBe(rejected.version + 2);
  expect(unread(store, 'ada')).toEqual([]);
});

test('having seen an older version is not having seen the news since', () => {
  const store = withPeople('ada');
  const waits = runAt(store, 'needs_approval');
  ask(store, waits.id, { type: 'reject_run', reason: 'No.' });
  mark(store, 'ada', 1, waits.version);
  expect(unread(store, 'ada')).toEqual([1]);
  mark(store, 'ada', 1, waits.version + 1);
  expect(mark(store, 'ada', 1, waits.version), 'late, and older').toBe(false);
  expect(unread(store, 'ada')).toEqual([]);
});

test('what went on by itself is no news any more; what was marked by hand stays so whatever happens', () => {
  const store = withPeople('ada', 'grace');
  const waits = runAt(store, 'needs_approval');
  mark(store, 'grace', 1, null);
  ask(store, waits.id, { type: 'cancel_run' });
  expect([unread(store, 'ada'), unread(store, 'grace')]).toEqual([[], [1]]);
  runAt(store, 'editing', 2);
  mark(store, 'ada', 2, null);
  expect(unread(store, 'ada')).toEqual([2]);
  send(store, runIdOf(2), { type: 'report_failed', reason: 'AGENT_FAILED', detail: 'it fell' });
  expect(unread(store, 'ada')).toEqual([2]);
  mark(store, 'ada', 2, store.queries.find(runIdOf(2))!.version);
  expect(unread(store, 'ada')).toEqual([]);
});

test('news from before somebody came are not theirs', () => {
  const store = withPeople('ada');
  runAt(store, 'failed', 1);
  join(store, 'grace');
  runAt(store, 'failed', 2);
  expect([unread(store, 'ada'), unread(store, 'grace')]).toEqual([[2, 1], [2]]);
});

test('twice is once: one row, no second word, and neither the run nor the audit log knows of it', () => {
  const store = withPeople('ada');
  const failed = runAt(store, 'failed');
  const rest = () => [store.queries.find(failed.id), ...['run_events', 'idempotency', 'audit_log'].map((table) => count(store, table))];
  const before = rest();
  for (const seen of [failed.version, null]) {
    expect([mark(store, 'ada', 1, seen), mark(store, 'ada', 1, seen)]).toEqual([true, false]);
    expect(count(store, 'run_reads')).toBe(1);
  }
  expect(rest()).toEqual(before);
});

test('a restart keeps it', () => {
  const store = withPeople('ada', 'grace');
  for (const n of [1, 2, 3]) runAt(store, 'failed', n);
  mark(store, 'ada', 1, store.queries.find(runIdOf(1))!.version);
  mark(store, 'ada', 2, store.queries.find(runIdOf(2))!.version);
  mark(store, 'ada', 2, null);
  store.close();
  const again = temporaryStore({ folder: store.folder, clock: store.clock });
  expect([unread(again, 'ada'), unread(again, 'grace')]).toEqual([
    [3, 2],
    [3, 2, 1],
  ]);
});

test('who marked which run is published after the commit, and nothing when the transaction fails', () => {
  const store = withPeople('ada');
  const failed = runAt(store, 'failed');
  const told: Publication[] = [];
  store.ledger.subscribe((publication) => void told.push(publication));
  const act = (end: () => void) =>
    store.ledger.act(entry('markRun', failed.id), (tx) => {
      store.reads.unsee('ada', failed.id);
      tx.hintRead('ada', failed.id);
      end();
    });
  expect(() =>
    act(() => {
      throw new Error('no');
    }),
  ).toThrow('no');
  mark(store, 'ada', 1, failed.version);
  expect([told, unread(store, 'ada')]).toEqual([[], []]);
  act(() => {});
  expect(told).toEqual([{ facts: [], hints: [] satisfies Hint[], reads: [{ user: 'ada', runId: failed.id }], seq: store.ledger.seq() }]);
});

test('a page of the list is found along the index of age, however it is narrowed', () => {
  const store = withPeople('ada');
  runAt(store, 'failed');
  const asked: string[] = [];
  const { prepare } = store.db;
  store.db.prepare = ((sql: string) => {
    asked.push(sql);
    return prepare.call(store.db, sql);
  }) as typeof prepare;
  const states = ['merged', 'failed', 'canceled', 'expired'];
  store.queries.list({ limit: 30 });
  store.queries.list({ limit: 30, states, reader: 'ada' });
  store.queries.list({ limit: 30, states, reader: 'ada', unread: true, archived: true });
  store.db.prepare = prepare;
  const plans = asked.map((sql) =>
    store.db
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...[...sql].filter((character) => character === '?').map(() => 1))
      .map(({ detail }) => detail),
  );
  expect(plans).toHaveLength(3);
  for (const plan of plans) {
    expect(plan[0]).toBe('SCAN runs USING INDEX runs_by_age');
    expect(plan.join('\n')).not.toMatch(/TEMP B-TREE|SCAN run_reads/);
  }
  expect(plans[2]!.join('\n')).toContain('USING INDEX run_reads_unread (user_id=? AND run_id=?)');
});
