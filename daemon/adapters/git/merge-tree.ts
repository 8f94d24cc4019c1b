import type { Commits } from './commits.ts';
import { type Git, GitTrouble, WORK_MS } from './git.ts';
import { fullHash, isFullHash } from './names.ts';
import { pathText, splitNul } from './path-text.ts';

/** A conflict has a tree too, with the markers in its files; commits without common history have none. */
export type Merged = { end: 'clean'; tree: string } | { end: 'conflict'; paths: readonly string[]; tree?: string };

/**
 * Merges two commits in the object store. Exit code 1 is a conflict only when a tree id came back: git answers 1 for a
 * name it cannot resolve as well. Commits without common history cannot be merged at all, so every file of `theirs` is in the way.
 * `sides` are the words of the conflict markers.
 */
export async function mergeTree(
  git: Git,
  commits: Commits,
  ours: string,
  theirs: string,
  sides?: { ours: string; theirs: string },
): Promise<Merged> {
  // git takes the words of a marker from what it was asked for, and takes `anything-g<hash>` for that commit.
  const named = (commit: string, side: string | undefined) => (side === undefined ? fullHash(commit) : `${side}-g${fullHash(commit)}`);
  const { code, stdout, stderr } = await git({
    args: [
      'merge-tree',
      '--write-tree',
      '-z',
      '--name-only',
      '--no-messages',
      '--end-of-options',
      named(ours, sides?.ours),
      named(theirs, sides?.theirs),
    ],
    // What both sides started from stands between them, so that whoever resolves need not look it up.
    config: ['merge.conflictStyle=zdiff3'],
    timeoutMs: WORK_MS,
  });
  const [tree = '', ...paths] = splitNul(stdout);
  if (code === 0 && isFullHash(tree)) return { end: 'clean', tree };
  if (code === 1 && isFullHash(tree))
    return { end: 'conflict', tree, paths: [...new Set(paths.filter((path) => path !== ''))].map(pathText) };
  if (stderr.includes('refusing to merge unrelated histories')) {
    const files = await commits.listFiles(theirs);
    return { end: 'conflict', paths: files.length > 0 ? files : await commits.listFiles(ours) };
  }
  throw new GitTrouble(`merge of ${theirs} into ${ours} ended with ${code}: ${stderr}`);
}
