import type { CandidateOutcome, CommitIdentity, Repository } from '../../ports.ts';
import type { Commits } from './commits.ts';
import { type Git, GitTrouble } from './git.ts';
import { mergeTree } from './merge-tree.ts';
import { candidateRef } from './names.ts';
import { pathText } from './path-text.ts';
import type { Refs } from './refs.ts';

type Building = Pick<Repository, 'buildCandidate' | 'buildUndo' | 'buildRestore' | 'deleteCandidate'>;

/** Builds merge candidates, undo and restore commits in the object store. No checkout is touched and `main` does not move. */
export function createMerges(git: Git, commits: Commits, refs: Refs): Building {
  const commitOn = async (main: string, tree: string, message: string, identity: CommitIdentity) => {
    if ((await commits.facts(main)).tree === tree) return { end: 'nothing_to_undo' as const };
    return { end: 'built' as const, commit: await commits.make({ tree, parents: [main], message, identity }) };
  };

  /** A child of `left` with the tree of `target`: merging that into main is the three-way revert of what lies between. */
  const takeBack: Repository['buildRestore'] = async ({ target, left, main, message, identity }) => {
    const inverse = await commits.make({ tree: (await commits.facts(target)).tree, parents: [left], message, identity });
    const merged = await mergeTree(git, commits, main, inverse);
    return merged.end === 'conflict' ? { end: 'conflict', paths: merged.paths } : commitOn(main, merged.tree, message, identity);
  };

  return {
    async buildCandidate({ candidateId, main, head, message, identity }): Promise<CandidateOutcome> {
      const pin = candidateRef(candidateId);
      if (await commits.isAncestor(head, main)) return { end: 'already_merged' };
      const merged = await mergeTree(git, commits, main, head);
      if (merged.end === 'conflict') return { end: 'conflict', paths: merged.paths };
      const extra = await extraFiles(commits, main, head, merged.tree);
      if (extra.length > 0) return { end: 'extra_files', paths: extra };
      const commit = await commits.make({ tree: merged.tree, parents: [main, head], message, identity });
      const pinned = await refs.read(pin);
      if (pinned !== commit && !(await refs.change([{ ref: pin, from: pinned, to: commit }], 'candidate'))) {
        throw new GitTrouble(`somebody else writes ${pin}`);
      }
      return { end: 'built', commit, tree: merged.tree, base: main };
    },

    async buildUndo({ commit, main, message, identity }) {
      if (!(await commits.isAncestor(commit, main))) return { end: 'nothing_to_undo' };
      const [before] = (await commits.facts(commit)).parents;
      if (before === undefined) throw new GitTrouble(`${commit} is the first commit: there is nothing before it`);
      return takeBack({ target: before, left: commit, main, message, identity });
    },

    buildRestore: takeBack,

    deleteCandidate: async (candidateId) => refs.remove(candidateRef(candidateId)),
  };
}

/** Files that landing would change although the approved diff does not. */
async function extraFiles(commits: Commits, main: string, head: string, tree: string): Promise<readonly string[]> {
  const base = await commits.mergeBase(main, head);
  if (base === undefined) return [];
  const approved = new Set(await commits.changedPaths(base, head));
  return (await commits.changedPaths(main, tree)).filter((path) => !approved.has(path)).map(pathText);
}
