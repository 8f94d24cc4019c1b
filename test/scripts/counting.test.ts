import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addOutcome, readCounts, testStages } from '../../scripts/set-up/test-stages.mjs';
import { countTests } from '../support/reporter.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Modules = Parameters<typeof countTests>[0];
const NOTHING = { passed: 0, failed: 0 };

function moduleOf(states: readonly string[], errors: readonly unknown[] = [], suiteErrors: readonly unknown[] = []): Modules[number] {
  const shaped = {
    errors: () => errors,
    children: {
      allTests: () => states.map((state) => ({ result: () => ({ state }) })),
      allSuites: () => [{ errors: () => suiteErrors }],
    },
  };
  return shaped as unknown as Modules[number];
}

function stageNamed(name: string, folder = '/nowhere') {
  const stages = testStages({
    bin: '/bin',
    vitestCounts: join(folder, 'v.json'),
    e2eCounts: join(folder, 'e.json'),
    hasE2e: true,
    filter: [],
  });
  return stages.find((stage) => stage.name === name)!;
}

describe('the last line', () => {
  test('counts a file that cannot be loaded, a hook that fails and an error outside any test', () => {
    const modules = [moduleOf(['passed', 'failed', 'skipped']), moduleOf([], ['cannot be loaded']), moduleOf([], [], ['the hook failed'])];
    expect(countTests(modules, ['unhandled'])).toEqual({ passed: 1, failed: 4, skipped: 1 });
  });

  test('a test that never ended is not a test that passed', () => {
    expect(countTests([moduleOf(['pending'])], [])).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('a stage that fails without counting is one failure', () => {
    expect(addOutcome(NOTHING, { stage: stageNamed('types'), code: 2, counts: undefined })).toEqual({ passed: 0, failed: 1 });
    expect(addOutcome(NOTHING, { stage: stageNamed('types'), code: 0, counts: undefined })).toEqual(NOTHING);
  });

  test('a test stage that ends well without a single test has failed', () => {
    expect(addOutcome(NOTHING, { stage: stageNamed('tests'), code: 0, counts: undefined })).toEqual({ passed: 0, failed: 1 });
    expect(addOutcome(NOTHING, { stage: stageNamed('tests'), code: 0, counts: NOTHING })).toEqual({ passed: 0, failed: 1 });
  });

  test('vitest and the browser are added up', () => {
    const folder = temporaryFolder('counts');
    writeFileSync(join(folder, 'v.json'), JSON.stringify({ passed: 7, failed: 0, skipped: 1 }));
    writeFileSync(join(folder, 'e.json'), JSON.stringify({ stats: { expected: 2, flaky: 1, unexpected: 1, skipped: 0 }, errors: [{}] }));
    const sum = ['tests', 'browser tests'].reduce((total, name) => {
      const stage = stageNamed(name, folder);
      return addOutcome(total, { stage, code: 0, counts: readCounts(stage) });
    }, NOTHING);
    expect(sum).toEqual({ passed: 10, failed: 2 });
  });
});

describe('a filter', () => {
  test('runs the tests it names and nothing else', () => {
    const stages = testStages({ bin: '/bin', vitestCounts: '/v', e2eCounts: '/e', hasE2e: true, filter: ['store'] });
    expect(stages.map(({ args }) => args)).toEqual([['run', 'store']]);
  });

  test('without one everything is run, and the browser only where there are browser tests', () => {
    const names = (hasE2e: boolean) =>
      testStages({ bin: '/bin', vitestCounts: '/v', e2eCounts: '/e', hasE2e, filter: [] }).map(({ name }) => name);
    expect(names(true)).toEqual([...names(false), 'browser tests']);
    expect(names(false)).toContain('unused code');
  });
});
