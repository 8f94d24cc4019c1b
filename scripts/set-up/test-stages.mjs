import { existsSync, readFileSync } from 'node:fs';

/**
 * One thing `npm test` does. `counts` names the file its figures are left in; a stage without one either passes or fails as a whole.
 * @typedef {{ name: string, command: string, args: string[], counts?: { file: string, kind: 'vitest' | 'playwright' } }} Stage
 * @typedef {{ passed: number, failed: number }} Counts
 */

/**
 * The stages in order, cheapest judgement first. With a filter only the tests it names are run.
 * @param {{ bin: string, vitestCounts: string, e2eCounts: string, hasE2e: boolean, filter: readonly string[] }} given `bin` is node_modules/.bin
 * @returns {Stage[]}
 */
export function testStages({ bin, vitestCounts, e2eCounts, hasE2e, filter }) {
  /** @type {Stage} */
  const vitest = { name: 'tests', command: `${bin}/vitest`, args: ['run', ...filter], counts: { file: vitestCounts, kind: 'vitest' } };
  if (filter.length > 0) return [vitest];
  /** @type {Stage[]} */
  const stages = [
    { name: 'format and lint', command: `${bin}/biome`, args: ['ci', '.'] },
    { name: 'types', command: `${bin}/tsc`, args: ['-p', 'tsconfig.json'] },
    { name: 'types of the pure rooms', command: `${bin}/tsc`, args: ['-p', 'tsconfig.pure.json'] },
    { name: 'types of the daemon without a DOM', command: `${bin}/tsc`, args: ['-p', 'tsconfig.daemon.json'] },
    { name: 'unused code', command: `${bin}/knip`, args: ['--no-progress'] },
    vitest,
  ];
  if (hasE2e)
    stages.push({ name: 'browser tests', command: `${bin}/playwright`, args: ['test'], counts: { file: e2eCounts, kind: 'playwright' } });
  return stages;
}

/**
 * What a stage counted. No file, or one that cannot be read, means that it never came to counting.
 * @param {Stage} stage
 * @returns {Counts | undefined}
 */
export function readCounts(stage) {
  if (stage.counts === undefined || !existsSync(stage.counts.file)) return undefined;
  const report = JSON.parse(readFileSync(stage.counts.file, 'utf8'));
  if (stage.counts.kind === 'vitest') return { passed: report.passed, failed: report.failed };
  return { passed: report.stats.expected + report.stats.flaky, failed: report.stats.unexpected + report.errors.length };
}

/**
 * Adds one stage's outcome to the sum: a stage that failed without counting a failure is one failure itself, and a counting stage that counted nothing is too.
 * @param {Counts} sum
 * @param {{ stage: Stage, code: number, counts: Counts | undefined }} outcome
 * @returns {Counts}
 */
export function addOutcome(sum, { stage, code, counts }) {
  const passed = counts?.passed ?? 0;
  const failed = counts?.failed ?? 0;
  const isSilent = failed === 0 && (code !== 0 || (stage.counts !== undefined && passed === 0));
  return { passed: sum.passed + passed, failed: sum.failed + failed + (isSilent ? 1 : 0) };
}
