import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { must } from '../support/daemon-process.ts';
import { type House, openHouse } from './house.ts';
import { assertWell } from './invariants.ts';
import { printTable } from './print.ts';
import { BAD_DAYS } from './table.ts';

vi.setConfig({ testTimeout: 180_000 });

let house: House;
/** What was lived, and how many runs had been merged by the end of it. */
const lived: { cells: string[]; merges: number; blinks: boolean }[] = [];

beforeAll(async () => {
  house = await openHouse();
}, 120_000);
afterAll(async () => {
  console.log(`\n${table()}\n`);
  await house.end();
}, 120_000);

test.each(BAD_DAYS.map((row) => [row.day, row] as const))('%s', async (_day, row) => {
  const merges = house.merges();
  const met = await row.live(house);
  expect([met.reason, met.says, met.remedy]).toEqual([row.reason, row.says, row.remedy]);
  await assertWell(house, row.blinks === true);
  const cells = [row.day, `${row.shown}: ${met.says}`, met.reason, met.remedy || 'nothing to do', met.slot];
  // A day that ended with a merge has shown by itself that all goes on.
  lived.push({ cells, merges: met.merged === true ? merges : house.merges(), blinks: row.blinks === true });
});

test('after all of it a run is merged, and every request that was acknowledged is there', async () => {
  await house.merge(await house.ready());
  await assertWell(house, false);
  const { runs } = await must(house.daemon().client.call('listRuns', { query: { limit: 200 } }));
  expect(new Set(house.acknowledged.map(({ id }) => id))).toEqual(new Set(runs.map(({ id }) => id)));
});

function table(): string {
  const head = ['bad day', 'what is shown', 'reason', 'remedy', 'slot', 'nothing lost'];
  const rows = lived.map(({ cells, merges, blinks }) => [...cells, kept(merges, blinks)]);
  return printTable(head, rows, [28, 56, 20, 50, 14, 32]);
}

function kept(merges: number, blinks: boolean): string {
  const after = house.merges() > merges ? 'a run merged after it' : 'NO RUN WAS MERGED AFTER IT';
  return `I1-I8 hold; production ${blinks ? 'came back' : 'never failed'}; ${after}`;
}
