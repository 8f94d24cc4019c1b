import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What a seed made: plain files and folders, in a fixed order. A link or a device among them is refused: it would lead out of the folder. */
export async function listSet(root: string): Promise<{ ok: true; folders: string[]; files: string[] } | { ok: false; detail: string }> {
  const folders: string[] = [];
  const files: string[] = [];
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const inside = relative(root, path);
      if (entry.isDirectory()) {
        waiting.push(path);
        folders.push(inside);
      } else if (entry.isFile()) files.push(inside);
      else return { ok: false, detail: `${inside} is neither a file nor a folder` };
    }
  }
  return { ok: true, folders: folders.sort(), files: files.sort() };
}

/** First 12 hex digits of SHA-256 over names and bytes of the whole set. */
export async function versionOf(root: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file}\0`);
    for await (const chunk of createReadStream(join(root, file), { flags: constants.O_RDONLY | constants.O_NOFOLLOW } as never))
      hash.update(chunk as Buffer);
    hash.update('\0');
  }
  return hash.digest('hex').slice(0, 12);
}

/** Copies a set into a new folder. A database, its -wal and -shm go together, with no program at work on them: that is a consistent copy. */
export async function copySet(from: string, to: string, set: { folders: readonly string[]; files: readonly string[] }): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  for (const folder of set.folders) await mkdir(join(to, folder), { recursive: true, mode: 0o700 });
  for (const file of set.files) await copyFile(join(from, file), join(to, file), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
}
