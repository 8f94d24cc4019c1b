import { Buffer } from 'node:buffer';
import { lstat, readdir } from 'node:fs/promises';
import { isUtf8, pathText } from './path-text.ts';

/** Something in a worktree that cannot be committed, and why in words for people. */
export interface Problem {
  path: string;
  why: string;
}

/** What lies in a worktree, ignored folders left out. Paths are one character a byte. */
export interface WalkResult {
  /** Regular files and links, with their sizes in bytes. */
  files: ReadonlyMap<string, number>;
  /** Entries that are neither: named pipes, sockets, devices. */
  special: readonly string[];
  problems: readonly Problem[];
}

/** Limits of one snapshot. */
export const LIMITS = { pathBytes: 1024, entries: 400_000, changedFiles: 20_000, changedBytes: 200 * 1024 * 1024, problems: 50 } as const;

/**
 * Looks at every entry below a folder itself, because git passes over in silence what it cannot read or does not know.
 * `isIgnoredFolder` and `mayHoldRepository` are asked with a folder's path.
 */
export async function walkWorktree(
  root: string,
  isIgnoredFolder: (path: string) => boolean,
  isKnownFile: (path: string) => boolean,
): Promise<WalkResult> {
  const files = new Map<string, number>();
  const special: string[] = [];
  const problems: Problem[] = [];
  const top = Buffer.from(root, 'utf8');
  const blame = (path: string, why: string) => problems.push({ path: pathText(path), why });
  const pending = [''];
  let seen = 0;

  while (pending.length > 0 && problems.length < LIMITS.problems) {
    const folder = pending.pop()!;
    const names = await readdir(onDisk(top, folder), { withFileTypes: true, encoding: 'buffer' }).catch(
      (error: NodeJS.ErrnoException) => error,
    );
    if (names instanceof Error) {
      blame(folder, `the folder cannot be read (${names.code})`);
      continue;
    }
    const inside = new Set(names.map((entry) => entry.name.toString('latin1')));
    const looksBare = inside.has('HEAD') && inside.has('objects') && inside.has('refs');
    if (looksBare && folder !== '' && !isKnownFile(`${folder}/HEAD`)) blame(folder, 'a git repository inside the worktree');
    for (const entry of names) {
      const name = entry.name.toString('latin1');
      const path = folder === '' ? name : `${folder}/${name}`;
      if (path === '.git') continue;
      if (++seen > LIMITS.entries) {
        blame('', `more than ${LIMITS.entries} files`);
        return { files, special, problems };
      }
      if (entry.isDirectory() && isIgnoredFolder(path)) continue;
      if (name.toLowerCase() === '.git') blame(folder, 'a git repository inside the worktree');
      else if (path.length > LIMITS.pathBytes) blame(`${path.slice(0, 200)}…`, `the path is longer than ${LIMITS.pathBytes} bytes`);
      else if (entry.isDirectory()) pending.push(path);
      else if (!entry.isFile() && !entry.isSymbolicLink()) special.push(path);
      else {
        const size = await lstat(onDisk(top, path)).then(
          (found) => found.size,
          (error: NodeJS.ErrnoException) => error,
        );
        if (size instanceof Error) blame(path, `it cannot be looked at (${size.code})`);
        else if (!isUtf8(path) && !isKnownFile(path)) blame(path, 'the name is not UTF-8 text');
        else files.set(path, size);
      }
    }
  }
  return { files, special, problems };
}

function onDisk(top: Buffer, path: string): Buffer {
  return path === '' ? top : Buffer.concat([top, Buffer.from('/'), Buffer.from(path, 'latin1')]);
}
