import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longer than half a minute, the longest first. The others follow, the larger first. */
const LONG = [
  'test/apps/apps.test.ts',
  'test/bad-days/bad-days.test.ts',
  'test/daemon/upstream-release.test.ts',
  'test/daemon/main-job.test.ts',
  'test/daemon/run-life.test.ts',
  'test/crash/kill-in-each-state.test.ts',
  'test/daemon/upstream-apart.test.ts',
  'test/adapters/git-crash.test.ts',
  'test/gateway/releases.test.ts',
  'test/cli/trouble.test.ts',
];

/** Begins what takes long first, so that at the end no core waits for the other. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((file) => moduleId.endsWith(`/${file}`));
      return at === -1 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
