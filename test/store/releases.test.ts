import { expect, test } from 'vitest';
import { type OpenedStore, releaseIdOf, runAt, runIdOf, send, temporaryStore } from './temporary-store.ts';

/** Brings run `n` live as the deploy does: release and run in one transaction. */
function goLive(store: OpenedStore, n: number) {
  const run = runAt(store, 'deploying', n);
  store.ledger.act({ actor: 'daemon', action: 'release_live', subject: run.releaseId!, traceId: 't', payload: {} }, (tx) => {
    store.releases.markLive(run.releaseId!, tx.now);
    tx.run(run.id, { type: 'report_live', releaseId: run.releaseId! });
  });
  store.clock.advance(1_000);
}

const states = (store: OpenedStore) => Object.fromEntries(store.releases.list(50).map(({ id, state }) => [Number(id.slice(4)), state]));

test('a merge is a release that is being prepared, and it is live only when it is said to be', () => {
  const store = temporaryStore();
  runAt(store, 'deploying', 1);
  expect(store.releases.find(releaseIdOf(1))).toMatchObject({ state: 'preparing', run_id: runIdOf(1), kind: 'run', healthy_at: null });
  expect(store.releases.live()).toBeUndefined();
});

test('at most one release is live, by the database itself, and each knows the one before it', () => {
  const store = temporaryStore({ slots: 5 });
  for (const n of [1, 2, 3]) goLive(store, n);
  expect(states(store)).toEqual({ 1: 'replaced', 2: 'replaced', 3: 'live' });
  expect(store.releases.live()).toMatchObject({ id: releaseIdOf(3), previous_id: releaseIdOf(2) });
  expect(() => store.db.exec(`UPDATE releases SET state = 'live' WHERE id = '${releaseIdOf(1)}'`)).toThrow('UNIQUE');
  store.releases.markLive(releaseIdOf(3), store.clock.now());
  expect(store.releases.live()).toMatchObject({ id: releaseIdOf(3), previous_id: releaseIdOf(2) });
});

test('a release that failed replaces nothing, and the run says why', () => {
  const store = temporaryStore({ slots: 5 });
  goLive(store, 1);
  const run = runAt(store, 'deploying', 2);
  send(store, run.id, {
    type: 'report_release_failed',
    releaseId: run.releaseId!,
    step: 'health',
    reason: 'DEPLOY_UNHEALTHY',
    detail: 'health: 503',
  });
  send(store, run.id, { type: 'report_undone', outcome: 'undone' });
  expect(states(store)).toEqual({ 1: 'live', 2: 'failed' });
  expect(store.releases.find(releaseIdOf(2))?.reason).toBe('health: 503');
  expect(store.queries.find(run.id)).toMatchObject({ state: 'failed', reason: { code: 'DEPLOY_UNHEALTHY' } });
  expect(store.releases.lastHealthy()?.id).toBeUndefined();
});

test('a commit that both says live and is refused leaves the release as it was', () => {
  const store = temporaryStore({ slots: 5 });
  goLive(store, 1);
  const run = runAt(store, 'deploying', 2);
  expect(() =>
    store.ledger.act({ actor: 'daemon', action: 'release_live', subject: 'x', traceId: 't', payload: {} }, (tx) => {
      store.releases.markLive(run.releaseId!, tx.now);
      if (!tx.run(run.id, { type: 'report_live', releaseId: releaseIdOf(9) }).ok) throw new Error('refused');
    }),
  ).toThrow('refused');
  expect(states(store)).toEqual({ 1: 'live', 2: 'preparing' });
});

test('the process of a rollback, and of a rollback to a rollback, is that of the release it went back to', () => {
  const store = temporaryStore({ slots: 5 });
  for (const n of [1, 2]) goLive(store, n);
  const back = (n: number, target: number) =>
    store.releases.add({
      id: releaseIdOf(n),
      commit: 'c',
      kind: 'rollback',
      title: 't',
      target: releaseIdOf(target),
      actor: 'ada',
      at: store.clock.now(),
    });
  back(8, 1);
  back(9, 8);
  expect(store.releases.processOf(store.releases.find(releaseIdOf(9))!).id).toBe(releaseIdOf(1));
});

test('one live release cannot be gone back to, and over a migration that breaks old code only with force', () => {
  const store = temporaryStore({ slots: 5 });
  for (const n of [1, 2, 3]) goLive(store, n);
  const judge = (n: number) => store.releases.judge(store.releases.find(releaseIdOf(n))!);
  expect([judge(1), judge(3)]).toMatchObject([{ possible: true }, { possible: false, forceable: false }]);
  store.db.exec(`UPDATE releases SET migrations = 'destructive' WHERE id = '${releaseIdOf(2)}'`);
  expect([judge(1), judge(2)]).toMatchObject([{ possible: false, forceable: true }, { possible: true }]);
});

test('last-healthy is what served before the live one, never the release a rollback has just left', () => {
  const store = temporaryStore({ slots: 5 });
  for (const n of [1, 2, 3]) goLive(store, n);
  expect(store.releases.lastHealthy()?.id).toBe(releaseIdOf(2));
  const id = releaseIdOf(9);
  store.releases.add({ id, commit: 'c', kind: 'rollback', title: 't', target: releaseIdOf(2), actor: 'ada', at: store.clock.now() });
  store.releases.markLive(id, store.clock.now());
  expect(store.releases.lastHealthy()?.id).toBe(releaseIdOf(1));
  goLive(store, 4);
  expect(store.releases.lastHealthy()?.id).toBe(releaseIdOf(2));
});
