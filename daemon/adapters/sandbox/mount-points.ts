import { chownSync, lstatSync, mkdirSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { SandboxMount } from '../../ports.ts';

/**
 * Makes what mounts inside other mounts need to be mounted on: an empty folder or file, for the user of the sandbox. In a worktree that
 * would become part of a commit, so the answer takes off, once nothing runs in there any more, what is still empty.
 */
export function makeMountPoints(mounts: readonly SandboxMount[], uid: number | undefined): () => void {
  const made = mounts.flatMap((mount) => makeFor(mounts, mount, uid));
  return () => {
    for (const path of made.reverse()) removeIfEmpty(path);
  };
}

function makeFor(mounts: readonly SandboxMount[], { host, inside }: SandboxMount, uid: number | undefined): readonly string[] {
  const around = mounts.filter((other) => inside.startsWith(`${other.inside}/`)).sort((a, b) => b.inside.length - a.inside.length)[0];
  if (around === undefined || around.layer !== undefined) return [];
  const made: string[] = [];
  const parts = posix.relative(around.inside, inside).split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    const path = join(around.host, ...parts.slice(0, depth));
    const stat = lstatSync(path, { throwIfNoEntry: false });
    // A link that a program left would lead us out of the folder: bwrap, inside, says what is wrong.
    if (stat !== undefined && !stat.isDirectory()) return made;
    if (stat !== undefined) continue;
    if (depth < parts.length || lstatSync(host).isDirectory()) mkdirSync(path, { mode: 0o755 });
    else writeFileSync(path, '', { flag: 'wx', mode: 0o644 });
    if (uid !== undefined) chownSync(path, uid, uid);
    made.push(path);
  }
  return made;
}

function removeIfEmpty(path: string): void {
  // A program may have put a link in place of the folder above it: what lies behind is none of ours.
  if (lstatSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) return;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  try {
    if (stat?.isDirectory()) rmdirSync(path);
    else if (stat?.isFile() && stat.size === 0) unlinkSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
}
