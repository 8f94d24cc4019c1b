import { posix } from 'node:path';
import { parseRaw } from './diff.ts';
import { type Git, type GitCall, GitTrouble, gitBytes } from './git.ts';
import { isUtf8, pathText, splitNul } from './path-text.ts';
import { LIMITS, type Problem } from './worktree-walk.ts';

/** How the trees are to be asked for: with the index, the folder and the settings of whoever asks. */
export type TreeCall = (args: readonly string[], stdin?: string) => GitCall;

/** Files of a tree with their sizes in bytes. */
export async function treeEntries(git: Git, call: TreeCall, tree: string): Promise<ReadonlyMap<string, number>> {
  const entries = new Map<string, number>();
  for (const entry of splitNul(await gitBytes(git, call(['ls-tree', '-r', '-z', '-l', '--full-tree', tree])))) {
    const [, size, path] = /^\d+ \w+ [0-9a-f]+ +(\d+|-)\t(.*)$/s.exec(entry) ?? [];
    if (path === undefined) throw new GitTrouble('unreadable tree');
    entries.set(path, Number(size) || 0);
  }
  return entries;
}

/** What may not be in a tree although git would take it. What `base` has already is left as it is. */
export async function problemsOfTree(git: Git, call: TreeCall, base: string, tree: string): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const changes = parseRaw(
    splitNul(await gitBytes(git, call(['diff-tree', '-r', '-z', '--raw', '--no-renames', '--ignore-submodules=none', base, tree]))),
  );
  if (changes.length > LIMITS.changedFiles)
    return [{ path: '', why: `${changes.length} files changed; at most ${LIMITS.changedFiles} may` }];
  for (const { path, newMode } of changes) {
    if (newMode === '160000') problems.push({ path: pathText(path), why: 'a git repository inside the worktree' });
  }
  const links = changes.filter(({ newMode }) => newMode === '120000');
  const targets = await blobs(
    git,
    call,
    links.map(({ newObject }) => newObject),
  );
  for (const { path, newObject } of links) {
    const target = targets.get(newObject)!;
    if (leavesTree(path, target)) problems.push({ path: pathText(path), why: `a link that leads out of the tree (${pathText(target)})` });
  }
  return problems;
}

/** Contents of blobs, one character a byte, read by a single git. */
export async function blobs(git: Git, call: TreeCall, objects: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  if (objects.length === 0) return found;
  const answer = await gitBytes(git, call(['cat-file', '--batch'], objects.map((object) => `${object}\n`).join('')));
  for (let at = 0; at < answer.length; ) {
    const end = answer.indexOf(10, at);
    const [, object, size] = /^([0-9a-f]+) blob (\d+)$/.exec(answer.toString('latin1', at, end)) ?? [];
    if (object === undefined) throw new GitTrouble('unreadable blob');
    found.set(object, answer.toString('latin1', end + 1, end + 1 + Number(size)));
    at = end + 1 + Number(size) + 1;
  }
  return found;
}

/** A link may go up only at its start, where the folders above it are known to be real ones, and not above the root. */
function leavesTree(path: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const ups = parts.findIndex((part) => part !== '..');
  const rest = ups === -1 ? [] : parts.slice(ups);
  return rest.includes('..') || posix.normalize(posix.join(posix.dirname(path), ...parts, '.')).startsWith('..');
}

/** The same judgement of names as the walk through a worktree makes, for a tree that never lay in one. */
export function problemsOfNames(base: ReadonlyMap<string, number>, tree: ReadonlyMap<string, number>): readonly Problem[] {
  const problems: Problem[] = [];
  const inside = new Map<string, Set<string>>();
  for (const path of tree.keys()) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      if (!['HEAD', 'objects', 'refs'].includes(parts[depth]!)) continue;
      const folder = parts.slice(0, depth).join('/');
      inside.set(folder, (inside.get(folder) ?? new Set()).add(parts[depth]!));
    }
    if (base.has(path)) continue;
    if (path.length > LIMITS.pathBytes)
      problems.push({ path: pathText(`${path.slice(0, 200)}…`), why: `the path is longer than ${LIMITS.pathBytes} bytes` });
    else if (!isUtf8(path)) problems.push({ path: pathText(path), why: 'the name is not UTF-8 text' });
  }
  for (const [folder, names] of inside) {
    if (names.size === 3 && !base.has(`${folder}/HEAD`))
      problems.push({ path: pathText(folder), why: 'a git repository inside the worktree' });
  }
  return problems;
}
