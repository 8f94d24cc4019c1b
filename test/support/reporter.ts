import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** How a test run went. A file that cannot be loaded and an error outside any test count as failed. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Adds up test modules as the runner hands them over. */
export function countTests(modules: readonly Pick<TestModule, 'children' | 'errors'>[], unhandled: readonly unknown[]): Counts {
  const counts: Counts = { passed: 0, failed: unhandled.length, skipped: 0 };
  for (const module of modules) {
    if (module.errors().length > 0) counts.failed += 1;
    for (const test of module.children.allTests()) {
      const state = test.result().state;
      if (state === 'passed') counts.passed += 1;
      else if (state === 'skipped') counts.skipped += 1;
      else counts.failed += 1;
    }
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length > 0 ? 1 : 0;
  }
  return counts;
}

/** Ends the output with one plain line, and leaves the figures in `CODEX_BUILDER_TEST_COUNTS` for whoever adds them up. */
export default class PlainCounts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = countTests(modules, unhandled);
    const file = process.env['CODEX_BUILDER_TEST_COUNTS'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
}
