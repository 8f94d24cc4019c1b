import type { LandOutcome, Repository } from '../../ports.ts';
import type { Commits } from './commits.ts';
import { GitTrouble } from './git.ts';
import { MAIN, releaseRef, runBranchRef } from './names.ts';
import type { Refs } from './refs.ts';

/** Moves `main`. It is the only commit point: everything else can be derived from it after a crash. */
export function createLanding(commits: Commits, refs: Refs): Pick<Repository, 'land' | 'moveMain'> {
  const mainNow = async (): Promise<string> => {
    const main = await refs.read(MAIN);
    if (main === undefined) throw new GitTrouble('the control repository has no main');
    return main;
  };

  /**
   * git writes one ref after the other when it commits: a kill between them, or a disk that is full by then, leaves main moved and the
   * release ref to be made. Then it has landed, however git ended.
   */
  const mark = async (runId: string, release: string, candidate: string): Promise<LandOutcome> => {
    if ((await refs.read(release)) === candidate) return { end: 'landed' };
    if (await refs.change([{ ref: release, from: undefined, to: candidate }], `land ${runId}`)) return { end: 'landed' };
    throw new GitTrouble(`somebody else writes ${release}, or it could not be written`);
  };

  return {
    async land({ runId, head, from, candidate, releaseId }) {
      const branch = runBranchRef(runId);
      const release = releaseRef(releaseId);
      const { parents } = await commits.facts(candidate);
      if (parents.length !== 2 || parents[0] !== from || parents[1] !== head) {
        throw new GitTrouble(`candidate ${candidate} is not the merge of ${head} into ${from}`);
      }
      const released = await refs.read(release);
      if (released !== undefined && released !== candidate) throw new GitTrouble(`${release} is ${released} already`);

      const main = await mainNow();
      if (await commits.isAncestor(candidate, main)) return mark(runId, release, candidate);
      if (main !== from) return { end: 'main_moved', main };

      const done = await refs.change(
        [
          { ref: branch, from: head },
          { ref: MAIN, from, to: candidate },
          released === undefined ? { ref: release, from: undefined, to: candidate } : { ref: release, from: candidate },
        ],
        `land ${runId}`,
      );
      if (done) return { end: 'landed' };
      const now = await mainNow();
      if (await commits.isAncestor(candidate, now)) return mark(runId, release, candidate);
      const branchNow = await refs.read(branch);
      if (branchNow !== head) return { end: 'branch_moved', head: branchNow ?? '' };
      return { end: 'main_moved', main: now };
    },

    async moveMain({ from, to }) {
      if (!(await commits.isAncestor(from, to))) throw new GitTrouble(`${to} does not follow ${from}`);
      const main = await mainNow();
      if (main === from && (await refs.change([{ ref: MAIN, from, to }], 'move main'))) return { end: 'moved' };
      const now = await mainNow();
      // The move was made before and more has landed on it since.
      return (await commits.isAncestor(to, now)) ? { end: 'moved' } : { end: 'main_moved', main: now };
    },
  };
}
