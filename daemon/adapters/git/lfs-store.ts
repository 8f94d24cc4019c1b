import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { runProgram } from '../spawn.ts';
import { kindOf } from './folders.ts';
import { type Git, GitTrouble, WORK_MS } from './git.ts';
import type { LfsPointer } from './lfs-pointer.ts';
import type { LocalUpstream } from './upstream-repository.ts';

/** Contents of Git LFS files: those that runs made are ours, all others the person's own. */
export interface LfsStore {
  /** Where the content lies; undefined when nobody here has it. */
  find(pointer: LfsPointer, local: LocalUpstream | undefined): Promise<string | undefined>;
  /** Takes the content of a file into our store. */
  take(file: string | Buffer): Promise<LfsPointer>;
  /** Gives a person's repository the contents among these that it lacks, as its owner. */
  handOver(pointers: readonly LfsPointer[], local: LocalUpstream, asOwner: readonly string[]): Promise<void>;
}

export function createLfsStore(git: Git, root: string, path: string): LfsStore {
  const placeIn = (folder: string, oid: string) => join(folder, 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
  const has = async (place: string, size: number) => (await kindOf(place)) === 'file' && (await stat(place)).size === size;

  const storageOf = async (local: LocalUpstream): Promise<string> => {
    const asked = await git({ args: ['config', '--get', 'lfs.storage'], gitDir: local.commonDir });
    const named = asked.stdout.toString('utf8').trim();
    if (asked.code !== 0 || named === '') return join(local.commonDir, 'lfs');
    return isAbsolute(named) ? named : resolve(local.commonDir, named);
  };

  return {
    async find({ oid, size }, local) {
      const own = placeIn(root, oid);
      if (await has(own, size)) return own;
      const theirs = local === undefined ? undefined : placeIn(await storageOf(local), oid);
      return theirs !== undefined && (await has(theirs, size)) ? theirs : undefined;
    },

    async take(file) {
      await mkdir(root, { recursive: true, mode: 0o700 });
      const temporary = join(root, `new-${randomBytes(6).toString('hex')}`);
      try {
        // What is hashed is what is kept, even if somebody still writes the file: the copy is hashed.
        await copyFile(file, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        const pointer = await hashOf(temporary);
        const place = placeIn(root, pointer.oid);
        const handle = await open(temporary, 'r');
        await handle.sync().finally(() => handle.close());
        await mkdir(dirname(place), { recursive: true, mode: 0o700 });
        await rename(temporary, place);
        return pointer;
      } finally {
        await rm(temporary, { force: true });
      }
    },

    async handOver(pointers, local, asOwner) {
      const storage = await storageOf(local);
      for (const { oid, size } of pointers) {
        const ours = placeIn(root, oid);
        const theirs = placeIn(storage, oid);
        if (!(await has(ours, size)) || (await has(theirs, size))) continue;
        // Their user cannot read our folder: the content comes by the standard input, and is theirs only when it is whole.
        const content = await open(ours, 'r');
        try {
          const script = 'umask 022; mkdir -p -- "$(dirname -- "$1")" && cat > "$1.new" && mv -f -- "$1.new" "$1"';
          const ended = await runProgram({
            argv: [...asOwner, '/bin/sh', '-c', `exec < /proc/self/fd/3; ${script}`, 'sh', theirs] as unknown as [string],
            cwd: '/',
            env: { PATH: path, LC_ALL: 'C' },
            extra: [{ kind: 'fd', fd: content.fd }],
            timeoutMs: WORK_MS,
          });
          if (ended.end !== 'exited' || ended.code !== 0)
            throw new GitTrouble(`the content of an LFS file could not be handed over: ${ended.stderrTail.trim()}`);
        } finally {
          await content.close();
        }
      }
    },
  };
}

/** The pointer that a file's content has. Never through a link. */
export async function hashOf(file: string | Buffer): Promise<LfsPointer> {
  const hash = createHash('sha256');
  let size = 0;
  const flags = (constants.O_RDONLY | constants.O_NOFOLLOW) as unknown as string;
  const stream: Readable = createReadStream(file, { flags });
  for await (const chunk of stream) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { oid: hash.digest('hex'), size };
}
