import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { goalsOf, tableOf } from '../../scripts/bench/report.mjs';
import { intervalOfMedian, median, quantile } from '../../scripts/bench/statistics.mjs';
import { ROOT } from '../architecture/source-files.ts';

test('an unknown bench is a fault of usage, and the answer lists the known ones', () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts/bench.mjs'), 'speed'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([64, '']);
  expect(stderr).toMatch(/There is no bench "speed"\.\n {2}npm run bench -- overlay {3}/);
});

test('an option that is not understood stops the bench before anything is built', () => {
  const options = { encoding: 'utf8', stdio: 'pipe' } as const;
  expect(() => execFileSync(process.execPath, [join(ROOT, 'scripts/bench.mjs'), 'overlay', '--times=many'], options)).toThrow(
    /is not understood/,
  );
});

test('a percentile is a value that was measured; of few it is the slowest', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect([quantile(hundred, 0.5), quantile(hundred, 0.95), quantile([3, 1, 2], 0.95)]).toEqual([50, 95, 3]);
  expect([median([4, 1, 3]), median([4, 1, 3, 2])]).toEqual([3, 2.5]);
});

test('the interval holds the median and tells a shift from noise', () => {
  const noise = Array.from({ length: 40 }, (_, at) => ((at * 7) % 11) - 5);
  const still = intervalOfMedian(noise);
  const shifted = intervalOfMedian(noise.map((value) => value + 9));
  expect(still.low).toBeLessThanOrEqual(0);
  expect(still.high).toBeGreaterThanOrEqual(0);
  expect(shifted.low).toBeGreaterThan(still.high);
});

test('columns stand below each other and a missed goal is said', () => {
  expect(
    tableOf([
      ['', 'ms'],
      ['first open', '9'],
    ]),
  ).toBe('               ms\n  first open    9\n');
  const goal = { what: 'keys lost', goal: '0', measured: '1 of 32' };
  expect(goalsOf([{ ...goal, isMet: false }])).toContain('NOT MET');
  expect(goalsOf([{ ...goal, isMet: true }])).not.toContain('NOT');
});
