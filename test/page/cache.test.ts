import { expect, test } from 'vitest';
import { openCache } from '../../daemon/page/cache.ts';
import { touchedBy } from '../../daemon/page/touched-by.ts';
import { openFakeClient, openLater, settle } from './support/fake-client.ts';

function setup() {
  const { client, asked } = openFakeClient();
  const { later, run } = openLater();
  const cache = openCache(client, later);
  return { cache, asked, gather: run };
}
const ONE = { params: { id: 'run_1' } } as const;

test('a door is asked when it is shown, once for everybody who shows it', async () => {
  const { cache, asked } = setup();
  const entry = cache.entry('getChecks', ONE);
  expect(asked.length).toBe(0);
  entry.hold();
  cache.entry('getChecks', { params: { id: 'run_1' } }).hold();
  expect(asked.length).toBe(1);
  await asked[0]!.answer({ checks: [] });
  expect(entry.known.get()).toEqual({ value: { checks: [] } });
});

test('many touches make one read; what is not shown is not read', async () => {
  const { cache, asked, gather } = setup();
  cache.entry('getChecks', ONE).hold();
  const release = cache.entry('getDiff', ONE).hold();
  await asked[0]!.answer({ checks: [] });
  await asked[1]!.answer({ files: [] });
  release();
  for (let i = 0; i < 5; i++) cache.touch((_door, params) => params?.id === 'run_1');
  await gather();
  expect(asked.slice(2).map(({ door }) => door)).toEqual(['getChecks']);
});

test('what changed while it was being read is read again', async () => {
  const { cache, asked, gather } = setup();
  cache.entry('getChecks', ONE).hold();
  cache.touch(() => true);
  await gather();
  expect(asked.length).toBe(1);
  await asked[0]!.answer({ checks: [] });
  await gather();
  expect(asked.length).toBe(2);
});

test('a lost link keeps what is shown and reads it when the link is back', async () => {
  const { cache, asked, gather } = setup();
  const entry = cache.entry('listSlots', {});
  entry.hold();
  await asked[0]!.answer({ slots: ['old'] });
  cache.touch(() => true);
  await gather();
  await asked[1]!.lose();
  expect(entry.known.get()).toEqual({ value: { slots: ['old'] } });
  await gather();
  expect(asked.length).toBe(2);
  cache.resume();
  await asked[2]!.answer({ slots: ['new'] });
  expect(entry.known.get()).toEqual({ value: { slots: ['new'] } });
});

test('a refusal is shown beside the last value and does not replace it', async () => {
  const { cache, asked, gather } = setup();
  const entry = cache.entry('listSlots', {});
  entry.hold();
  await asked[0]!.answer({ slots: [] });
  cache.touch(() => true);
  await gather();
  await asked[1]!.refuse(500, 'internal', 'It failed.');
  expect(entry.known.get()).toEqual({ value: { slots: [] }, problem: { status: 500, message: 'It failed.' } });
});

test('a fact that arrives while its list is being read is not lost', async () => {
  const { cache, asked, gather } = setup();
  cache.entry('getRunEvents', ONE).hold();
  cache.amend('getRunEvents', ONE, (known) => known);
  await asked[0]!.answer({ events: [] });
  await gather();
  expect(asked.length).toBe(2);
});

test('what nobody looks at any more is forgotten after a while', async () => {
  const { cache, asked } = setup();
  for (let i = 0; i < 200; i++) cache.entry('getRun', { params: { id: `run_${i}` } }).hold()();
  await settle();
  const before = asked.length;
  cache.entry('getRun', { params: { id: 'run_0' } }).hold();
  expect(asked.length).toBe(before + 1);
});

test('every event makes its run stale, and the doors it is about', () => {
  expect(touchedBy('check.ended')).toEqual(['getRun', 'getChecks']);
  expect(touchedBy('snapshot.committed')).toContain('getDiff');
  expect(touchedBy('toString.x')).toEqual(['getRun']);
});
