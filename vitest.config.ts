import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

const WAIT_MS = 30_000;
const timing = { testTimeout: WAIT_MS, hookTimeout: WAIT_MS, teardownTimeout: WAIT_MS };
const pure = ['test/core/**/*.test.ts', 'test/shared/**/*.test.ts'];
const architecture = ['test/architecture/**/*.test.ts'];

/** `core` needs no machine at all, `architecture` reads the source, `daemon` is everything that works on real parts. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/reporter.ts'],
    projects: [
      { extends: true, test: { name: 'core', include: pure, ...timing } },
      {
        extends: true,
        test: {
          name: 'daemon',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...pure, ...architecture, 'test/e2e/**', 'test/fixtures/**'],
          ...timing,
        },
      },
      { extends: true, test: { name: 'architecture', include: architecture, ...timing, testTimeout: 2 * WAIT_MS } },
    ],
  },
});
