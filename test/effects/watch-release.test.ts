import { expect, test } from 'vitest';
import type { Effect } from '../../daemon/core/effects.ts';
import { giveUp } from '../../daemon/effects/give-up.ts';
import { planWatch } from '../../daemon/effects/plan-watch.ts';
import { count, type OpenedStore } from '../store/temporary-store.ts';
import { MINUTES, NEW, OLD, settle, watchBench } from './watch-bench.ts';

const audited = (store: OpenedStore) =>
  (store.db.prepare(`SELECT action FROM audit_log WHERE action LIKE 'release_watch%' ORDER BY rowid`).all() as { action: string }[]).map(
    ({ action }) => action,
  );

test('a release that stays well is watched for its time, on the captured route, and is calm', async () => {
  const { store, production, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  await goLive(2, '/orders?page=2');
  expect(release()).toMatchObject({
    watch_state: 'watching',
    watch_route: '/orders?page=2',
    watch_until: store.clock.now() + 5 * MINUTES,
    watch_detail: null,
  });
  begin();
  production.asked = [];
  const watch = begin();
  await pass(5 * MINUTES - 10_000);
  expect(release().watch_state).toBe('watching');
  await pass(10_000);
  expect(watch.ended).toBe('done');
  expect(release()).toMatchObject({
    watch_state: 'calm',
    watch_detail: '/orders?page=2 answered 200 (31 times); 0 of 0 requests (0 %) failed',
  });
  expect(audited(store)).toEqual(['release_watch_calm']);
});

test('errors of the route that were not there before are worse after the second look, and are said to those who listen', async () => {
  const { store, production, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  begin();
  await goLive(2, '/orders');
  const hints: string[] = [];
  store.ledger.subscribe((publication) => void hints.push(...publication.hints));
  const watch = begin();
  await pass(30_000);
  production.status = 500;
  await pass(10_000);
  expect(release().watch_state).toBe('watching');
  await pass(10_000);
  expect(watch.ended).toBe('done');
  expect(release()).toMatchObject({
    state: 'live',
    watch_state: 'worse',
    watch_detail: '/orders answered 500 twice in a row; before the deploy it answered 200',
  });
  expect(hints).toEqual(['releases', 'status']);
  expect(audited(store)).toEqual(['release_watch_worse']);
  expect(production.live).toBe(NEW);
  expect(store.outbox.isOpen('roll_back')).toBe(false);
});

test('a route that was as broken before the deploy is no rise', async () => {
  const { production, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  begin();
  production.status = 500;
  await goLive(2, '/orders');
  begin();
  await pass(5 * MINUTES);
  expect(release().watch_state).toBe('calm');
  expect(release().watch_detail).toContain('no better before the deploy');
});

test("people's errors are compared with what the release before had when the deploy began", async () => {
  const { production, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  begin();
  production.traffic = { [OLD]: { requests: 1_000, serverErrors: 2 } };
  await goLive(2);
  production.traffic = { [NEW]: { requests: 100, serverErrors: 9, failing: [{ path: '/pay', count: 9 }] } };
  begin();
  await pass(10_000);
  expect(release()).toMatchObject({
    watch_state: 'worse',
    watch_detail: '9 of 100 requests (9 %) failed since the deploy, all of them on /pay; before it 2 of 1000 requests (0.2 %)',
  });
});

test('a deploy that was cut off after the switch still compares with the counts of the release that is kept warm', async () => {
  const { store, production, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  begin();
  production.reachable = false;
  await goLive(2);
  production.reachable = true;
  production.traffic = { [OLD]: { requests: 100, serverErrors: 40 }, [NEW]: { requests: 100, serverErrors: 45 } };
  expect(
    JSON.parse(
      (store.db.prepare(`SELECT payload FROM effects WHERE state = 'owed' AND lane = 'watch'`).get() as { payload: string }).payload,
    ),
  ).toEqual({
    releaseId: NEW,
  });
  begin();
  await pass(5 * MINUTES);
  expect(release().watch_state).toBe('calm');
});

test('a time that ends on a first failure gets one more look', async () => {
  const { production, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  begin();
  await goLive(2, '/orders');
  begin();
  await pass(5 * MINUTES - 10_000);
  production.status = undefined;
  await pass(10_000);
  expect(release().watch_state).toBe('watching');
  await pass(10_000);
  expect(release().watch_detail).toBe('/orders gave no answer twice in a row; before the deploy it answered 200');
});

test('another release that goes live ends the watch at once and truthfully: nothing is said of the one that left', async () => {
  const { store, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  begin();
  await goLive(2);
  const watch = begin();
  await pass(20_000);
  await goLive(3);
  expect(release(2)).toMatchObject({ state: 'replaced', watch_state: null });
  expect(release(3)).toMatchObject({ state: 'live', watch_state: 'watching' });
  await pass(10_000);
  expect(watch.ended).toBe('done');
  expect(release(2)).toMatchObject({ watch_state: null, watch_detail: null });
  expect(audited(store)).toEqual([]);
});

test('in the moment of a switch the answer of another release is not taken for this one', async () => {
  const { production, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  begin();
  await goLive(2);
  begin();
  await pass(20_000);
  production.live = 'rel_next';
  production.status = 500;
  await pass(60_000);
  expect(release(2).watch_state).toBe('watching');
});

test('a stop of the daemon ends the watch at once, in the middle of a look too, and it goes on after the start', async () => {
  const { store, production, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  begin();
  await goLive(2, '/orders');
  const waiting = begin();
  await pass(20_000);
  waiting.abort.abort();
  await settle();
  expect([waiting.ended, release().watch_state]).toEqual(['done', 'watching']);
  store.outbox.recover();
  production.hangs = true;
  begin(); // that of the first release, which is not live any more
  const looking = begin();
  await settle();
  expect(looking.effect.interrupted).toBe(true);
  looking.abort.abort();
  await settle();
  expect([looking.ended, release().watch_state]).toEqual(['done', 'watching']);
  production.hangs = false;
  store.outbox.recover();
  begin();
  const again = begin();
  await pass(5 * MINUTES - 30_000);
  expect(release().watch_state).toBe('watching');
  await pass(10_000);
  expect([again.ended, release().watch_state]).toEqual(['done', 'calm']);
});

test('a time that ran out while the daemon was down ends with a look, not unseen', async () => {
  const { store, production, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  begin();
  await goLive(2, '/orders');
  store.clock.advance(60 * MINUTES);
  production.traffic = { [NEW]: { requests: 50, noAnswer: 20 } };
  begin();
  await pass(10_000);
  expect(release().watch_state).toBe('worse');
  expect(release().watch_detail).toContain('20 of 50 requests (40 %) failed');
});

test('a wall clock that is set back does not make the watch longer', async () => {
  const { store, goLive, begin, pass, release } = watchBench();
  await goLive(1);
  begin();
  await goLive(2);
  store.clock.setWall(-7 * 24 * 60 * MINUTES);
  begin();
  await pass(5 * MINUTES);
  expect(release().watch_state).toBe('calm');
});

test('when nothing could be seen all the time, nothing is said', async () => {
  const { production, goLive, begin, pass, release, store } = watchBench();
  await goLive(1);
  begin();
  await goLive(2);
  production.reachable = false;
  const watch = begin();
  await pass(5 * MINUTES);
  expect(watch.ended).toBe('done');
  expect(release()).toMatchObject({ watch_state: null, watch_detail: 'the gateway could not be asked' });
  expect(audited(store)).toEqual(['release_watch_ended']);
});

test('0 means not at all, and settings that cannot be read do not keep a release from going live', async () => {
  const off = watchBench({ watchMs: 0 });
  await off.goLive(1);
  expect(off.release(1)).toMatchObject({ state: 'live', watch_state: null });
  expect(count(off.store, "effects WHERE type = 'watch_release'")).toBe(0);
  const plan = await planWatch(off.parts, { releaseId: OLD, commit: 'unreadable', signal: new AbortController().signal });
  expect(() =>
    off.store.ledger.act({ actor: 'd', action: 'a', subject: 's', traceId: 't', payload: {} }, (tx) => plan.begin(tx, undefined)),
  ).not.toThrow();
});

test('a deploy does not wait for the look before it', async () => {
  const { production, goLive, release } = watchBench();
  await goLive(1);
  production.hangs = true;
  await goLive(2, '/orders');
  expect(release()).toMatchObject({ state: 'live', watch_state: 'watching' });
});

test('a route whose secrets were masked is not asked for; the health path is', async () => {
  const { goLive, release } = watchBench();
  await goLive(1, '/orders?token=abc');
  expect(release(1).watch_route).toBe('/healthz');
});

test('a watch that breaks again and again is given up quietly: nothing freezes', async () => {
  const { store, parts, goLive, release } = watchBench();
  await goLive(1);
  giveUp(parts, { id: 1, type: 'watch_release', payload: { releaseId: OLD }, tries: 3, interrupted: false } satisfies Effect, 'it broke');
  expect(store.flags.freeze().on).toBe(false);
  expect(release(1)).toMatchObject({ state: 'live', watch_state: null, watch_detail: 'it broke' });
});
