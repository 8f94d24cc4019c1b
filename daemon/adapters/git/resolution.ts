import type { Repository } from '../../ports.ts';
import type { Commits } from './commits.ts';
import { type Git, GitTrouble } from './git.ts';
import { mergeTree } from './merge-tree.ts';

/** How the markers name the two sides; git appends the commit. */
const SIDES = { ours: 'this-change', theirs: 'main' };

/** Builds the merge that a run starts from to resolve it: the tree has what git could merge, and markers where it could not. */
export function createResolutions(git: Git, commits: Commits): Pick<Repository, 'buildResolution'> {
  return {
    async buildResolution({ head, main, message, identity }) {
      const merged = await mergeTree(git, commits, head, main, SIDES);
      if (merged.tree === undefined)
        throw new GitTrouble(`${head} and ${main} have no common history: there is nothing to merge them against`);
      const parents = head === main ? [head] : [head, main];
      const commit = await commits.make({ tree: merged.tree, parents, message, identity });
      return { commit, conflicts: merged.end === 'conflict' ? merged.paths : [] };
    },
  };
}
