import type { Repository } from '../../ports.ts';
import type { Commits } from './commits.ts';
import { GitTrouble } from './git.ts';
import { archiveRef, branchRef, fullHash } from './names.ts';
import type { RefChange, Refs } from './refs.ts';

/** Moves the branches of runs. Every move is one ref transaction that names what was there before. */
export function createRunBranches(commits: Commits, refs: Refs): Pick<Repository, 'setBranch' | 'archiveBranch'> {
  return {
    async setBranch({ branch, to }) {
      const ref = branchRef(branch);
      if ((await refs.read(fullHash(to))) !== to) throw new GitTrouble(`there is no commit ${to}`);
      const was = await refs.read(ref);
      if (was !== to && !(await refs.change([{ ref, from: was, to }], 'set'))) throw new GitTrouble(`somebody else writes ${ref}`);
    },

    async archiveBranch(branch) {
      const ref = branchRef(branch);
      const tip = await refs.read(ref);
      if (tip === undefined) return;
      const kept = await keepAt(archiveRef(branch), tip);
      if (!(await refs.change([kept, { ref, from: tip, gone: true }], 'archive'))) throw new GitTrouble(`somebody else writes ${ref}`);
    },
  };

  /**
   * Under which name a tip is kept. An archive that is there already is only ever moved forward; where it is at something else,
   * both are kept: the later one as `run-<id>.<hash>`, which no run can be called.
   */
  async function keepAt(archive: string, tip: string): Promise<RefChange> {
    const there = await refs.read(archive);
    if (there === undefined || (await commits.isAncestor(there, tip)))
      return there === tip ? { ref: archive, from: tip } : { ref: archive, from: there, to: tip };
    if (await commits.isAncestor(tip, there)) return { ref: archive, from: there };
    const beside = `${archive}.${tip}`;
    return (await refs.read(beside)) === tip ? { ref: beside, from: tip } : { ref: beside, from: undefined, to: tip };
  }
}
