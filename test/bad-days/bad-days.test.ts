import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { must } from '../support/daemon-process.ts';
import type { BadDay, Met } from './bad-day.ts';
import { type House, openHouse } from './house.ts';
import { assertWell } from './invariants.ts';
import { printTable } from './print.ts';
import { BAD_DAYS } from './table.ts';

vi.setConfig({ testTimeout: 60_000 });

let house: House;
const lived: string[][] = [];

beforeAll(async () => {
  house = await openHouse();
}, 60_000);
afterAll(async () => {
  const head = ['bad day', 'what is shown', 'reason', 'remedy', 'slot', 'nothing lost'];
  console.log(`\n${printTable(head, lived, [30, 56, 20, 50, 14, 34])}\n`);
  await house.end();
}, 60_000);

test.each(BAD_DAYS.map((row) => [row.day, row] as const))('%s', async (_day, row) => {
  const met = await row.live(house);
  expect(met.reason).toBe(row.reason);
  expect(met.says).toMatch(row.says);
  if (typeof row.remedy === 'string') expect(met.remedy).toBe(row.remedy);
  else expect(met.remedy).toMatch(row.remedy);
  await assertWell(house, row.blinks === true);
  lived.push([row.day, `${row.shown}: ${met.says}`, met.reason, met.remedy, met.slot, await nothingLost(met, row)]);
});

/** After a bad day a good run is merged, unless the day itself ended with one or had nothing to do with runs. */
async function nothingLost(met: Met, row: BadDay): Promise<string> {
  if (met.slot !== 'no slot in it' && met.merged !== true) {
    await house.merge(await house.ready());
    await assertWell(house, false);
  }
  const { runs } = await must(house.daemon().client.call('listRuns', { query: { limit: 200 } }));
  const kept = house.acknowledged.filter(({ id }) => runs.some((run) => run.id === id)).length;
  expect(kept).toBe(house.acknowledged.length);
  const goes = met.merged === true ? 'merged all the same' : met.slot === 'no slot in it' ? 'production serves on' : 'the next run merged';
  return `${kept} of ${house.acknowledged.length} requests there; ${row.blinks === true ? 'production came back' : goes}`;
}
