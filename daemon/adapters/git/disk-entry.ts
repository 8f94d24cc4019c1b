import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { lstat, readFile, readlink } from 'node:fs/promises';
import type { RawChange } from './diff.ts';
import { kindOf } from './folders.ts';

/**
 * The first of the added files in whose place something lies already. Git itself takes an ignored
 * file for worthless and overwrites it.
 */
export async function coveredFile(folder: string, changes: readonly RawChange[]): Promise<string | undefined> {
  const leaving = new Set(changes.filter(({ newMode }) => newMode === '000000').map(({ path }) => path));
  for (const { path, oldMode } of changes) {
    if (oldMode !== '000000') continue;
    const parts = path.split('/');
    for (let depth = 1; depth <= parts.length; depth++) {
      const place = parts.slice(0, depth).join('/');
      if (leaving.has(place)) break;
      const kind = await kindOf(diskPath(folder, place));
      if (kind === 'missing') break;
      if (kind !== 'folder' || depth === parts.length) return place;
    }
  }
  return undefined;
}

/** How a tree names an entry: mode and object, or nothing. */
export const entryOf = (mode: string, object: string): string | undefined => (mode === '000000' ? undefined : `${mode} ${object}`);
/** Where a path of one character a byte lies. */
export const diskPath = (folder: string, path: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);

/** Mode and object name of what lies on disk; undefined when nothing does. */
export async function onDisk(folder: string, path: string, hashLength: number): Promise<string | undefined> {
  const place = diskPath(folder, path);
  const found = await lstat(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if (!found.isFile() && !found.isSymbolicLink()) return 'something else';
  const bytes = found.isFile() ? await readFile(place) : await readlink(place, { encoding: 'buffer' });
  const mode = found.isFile() ? (found.mode & 0o100 ? '100755' : '100644') : '120000';
  const hash = createHash(hashLength === 64 ? 'sha256' : 'sha1')
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest('hex');
  return `${mode} ${hash}`;
}
