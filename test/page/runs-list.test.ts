import { expect, test } from 'vitest';
import { matches, NO_FILTER, openRunsList } from '#shared/ui/runs-list.ts';
import { aRun, openFakeClient, openLater } from './support/fake-client.ts';

async function loaded(active = [aRun(1)], ended = [aRun(0, { state: 'merged' })], nextCursor?: string) {
  const { client, asked } = openFakeClient();
  const { later, run } = openLater();
  const list = openRunsList(client, later);
  list.reload();
  await asked[0]!.answer({ runs: active });
  await asked[1]!.answer({ runs: ended, nextCursor });
  asked.length = 0;
  const titles = () => list.view.get().runs.map(({ title }) => title);
  return { list, asked, gather: run, titles };
}

test('active runs come first, each kind newest first', async () => {
  const { titles } = await loaded([aRun(3), aRun(9)], [aRun(8, { state: 'failed' }), aRun(20, { state: 'merged' })]);
  expect(titles()).toEqual(['Run 9', 'Run 3', 'Run 20', 'Run 8']);
});

test('a run that changed many times in a moment is asked for once', async () => {
  const { list, asked, gather, titles } = await loaded();
  for (let i = 0; i < 10; i++) list.changed(aRun(1).id);
  await gather();
  expect(asked.map(({ door, request }) => [door, request.params])).toEqual([['getRun', { id: aRun(1).id }]]);
  await asked[0]!.answer({ run: aRun(1, { title: 'Renamed', version: 2 }) });
  expect(titles()).toEqual(['Renamed', 'Run 0']);
});

test('very many changes cost one list, not a call each', async () => {
  const { list, asked, gather } = await loaded();
  for (let i = 0; i < 100; i++) list.changed(`run_${i}`);
  await gather();
  expect(asked.map(({ door }) => door)).toEqual(['listRuns', 'listRuns']);
});

test('an older version of a run that arrives late changes nothing', async () => {
  const { list, titles } = await loaded([aRun(1, { version: 5 })]);
  list.take(aRun(1, { version: 4, title: 'Old news' }));
  expect(titles()[0]).toBe('Run 1');
});

test('a list that was asked for earlier and is answered later does not put an older version back', async () => {
  const { list, asked, gather, titles } = await loaded();
  list.reload();
  list.changed(aRun(1).id);
  await gather();
  await asked[2]!.answer({ run: aRun(1, { title: 'Moved on', version: 7 }) });
  await asked[0]!.answer({ runs: [aRun(1, { version: 6 })] });
  await asked[1]!.answer({ runs: [] });
  expect(titles()).toEqual(['Moved on']);
});

test('the next page goes on from the cursor and repeats nothing', async () => {
  const { list, asked, titles } = await loaded([], [aRun(5, { state: 'merged' })], 'c1');
  expect(list.view.get().more).toBe(true);
  list.more();
  list.more();
  expect(asked.map(({ request }) => request.query?.['cursor'])).toEqual(['c1']);
  await asked[0]!.answer({ runs: [aRun(5, { state: 'merged' }), aRun(4, { state: 'failed' })] });
  expect(titles()).toEqual(['Run 5', 'Run 4']);
  expect(list.view.get().more).toBe(false);
});

test('an answer for an earlier filter is not shown under a later one', async () => {
  const { list, asked, titles } = await loaded();
  list.filter({ ...NO_FILTER, q: 'first' });
  list.filter({ ...NO_FILTER, q: 'second' });
  await asked[2]!.answer({ runs: [aRun(2, { title: 'second' })] });
  await asked[3]!.answer({ runs: [] });
  await asked[0]!.answer({ runs: [aRun(1, { title: 'first' })] });
  await asked[1]!.answer({ runs: [] });
  expect(titles()).toEqual(['second']);
});

test('a lost link leaves the list as it is', async () => {
  const { list, asked, titles } = await loaded();
  list.reload();
  await asked[0]!.lose();
  expect(titles()).toEqual(['Run 1', 'Run 0']);
});

test('what arrives live obeys the filter', () => {
  const run = aRun(1, { route: '/tasks?filter=open', author: 'mira', title: 'Larger heading' });
  const holds = (change: object) => matches(run, { ...NO_FILTER, ...change });
  expect([holds({}), holds({ route: '/tasks' }), holds({ author: 'mira' }), holds({ q: 'HEADING' }), holds({ state: 'active' })]).toEqual(
    Array(5).fill(true),
  );
  expect([holds({ route: '/task' }), holds({ author: 'owner' }), holds({ q: 'footer' }), holds({ state: 'merged' })]).toEqual(
    Array(4).fill(false),
  );
});

test('an archived run leaves the list at once, and the archive is asked for by its own filter', async () => {
  const { list, asked, titles } = await loaded();
  list.take(aRun(0, { state: 'merged', version: 2, archivedAt: '2026-01-02T00:00:00.000Z' }));
  expect(titles()).toEqual(['Run 1']);
  expect(list.known(aRun(0).id)?.version).toBe(2);
  list.filter({ ...NO_FILTER, state: 'archived' });
  expect(asked.map(({ request }) => [request.query?.['state'], request.query?.['archived']])).toEqual([
    ['merged,failed,canceled,expired', 'true'],
  ]);
  await asked[0]!.answer({ runs: [aRun(7, { state: 'failed', archivedAt: '2026-01-02T00:00:00.000Z' })] });
  expect(titles()).toEqual(['Run 7']);
});

test('what came of a run while the whole list was on its way outlives the list, which is older', async () => {
  const { list, asked, gather, titles } = await loaded([aRun(1, { version: 1 }), aRun(2)]);
  list.reload();
  list.changed(aRun(1).id);
  list.changed(aRun(2).id);
  await gather();
  list.take(aRun(3, { title: 'Just sent' }));
  await asked[2]!.answer({ run: aRun(1, { version: 2, title: 'Newer' }) });
  await asked[3]!.refuse(404, 'not_found');
  await asked[0]!.answer({ runs: [aRun(1, { version: 1 }), aRun(2)] });
  await asked[1]!.answer({ runs: [] });
  expect(titles()).toEqual(['Just sent', 'Newer']);
});

test('a change that cannot be read is said, and not passed over', async () => {
  const { list, asked, gather } = await loaded();
  list.changed(aRun(1).id);
  await gather();
  await asked[0]!.refuse(503, 'degraded');
  expect(list.view.get().problem).toMatch(/^A run changed and could not be read: /);
});
