import { type Dirent, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { plain } from './inputs.ts';

/** What Yarn makes instead of `node_modules`. */
const YARN = ['.pnp.cjs', '.pnp.loader.mjs', '.yarn/cache', '.yarn/unplugged', '.yarn/install-state.gz'];
const SAID = 12;

/** What setup left in a clean checkout. */
export interface Made {
  /** Paths to keep, from the repository's root: files and folders, none inside another. */
  kept: readonly string[];
  /** Some of what is not kept. */
  others: readonly string[];
}

/**
 * Looks at what is there and not part of the commit. Links are never followed, neither on the way nor at the end: setup was somebody's
 * program. Nothing runs in the folder any more.
 */
export function whatSetupMade(worktree: string, files: ReadonlySet<string>, folder: string, keep: readonly string[]): Made {
  const wanted = new Set([...YARN, ...keep].map((path) => plain(posix.join(folder, path))));
  const onTheWay = new Set([...wanted, ...files].flatMap(foldersAbove));
  const kept: string[] = [];
  const others: string[] = [];
  const pending = [''];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const entry of readdirSync(join(worktree, at), { withFileTypes: true })) {
      const path = posix.join(at, entry.name);
      if (path === '.git' || files.has(path)) continue;
      const isCommitted = entry.isDirectory() && onTheWay.has(path);
      if (!isCommitted && isWorthKeeping(path, entry, wanted)) kept.push(path);
      else if (isCommitted) pending.push(path);
      else if (others.length < SAID) others.push(entry.isDirectory() ? `${path}/` : path);
    }
  }
  return { kept: kept.sort(), others: others.sort() };
}

function isWorthKeeping(path: string, entry: Dirent, wanted: ReadonlySet<string>): boolean {
  return (entry.name === 'node_modules' && entry.isDirectory()) || (wanted.has(path) && (entry.isDirectory() || entry.isFile()));
}

/** Whether each folder above the path, from `root` on, is one and no link. */
export function isReachable(root: string, path: string): boolean {
  return [...foldersAbove(path), path].every((each) => {
    const stat = lstatSync(join(root, each), { throwIfNoEntry: false });
    return stat !== undefined && !stat.isSymbolicLink();
  });
}

/** Makes what is missing of the folders down to the path; whether each is one then, and no link. */
export function makeReachable(root: string, path: string): boolean {
  return [...foldersAbove(path), path].every((each) => {
    const stat = lstatSync(join(root, each), { throwIfNoEntry: false });
    if (stat === undefined) mkdirSync(join(root, each), { mode: 0o755 });
    return stat === undefined || stat.isDirectory();
  });
}

function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
