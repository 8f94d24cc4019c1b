import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { writeAll } from './write-all.ts';

export type PutOutcome = { ok: true; hash: string; bytes: number } | { ok: false; why: 'too_large' };

/**
 * Bytes kept by their SHA-256 under `<state>/artifacts/ab/cdef…`. Written to a
 * temporary file, synced and renamed: a hash that can be opened is whole.
 */
export function openArtifacts(folder: string) {
  const incoming = join(folder, 'incoming');
  rmSync(incoming, { recursive: true, force: true });
  mkdirSync(incoming, { recursive: true, mode: 0o700 });
  const pathOf = (hash: string) => join(folder, hash.slice(0, 2), hash.slice(2));

  function keep(temporary: string, hash: string): void {
    const path = pathOf(hash);
    if (existsSync(path)) {
      rmSync(temporary);
      return;
    }
    const made = mkdirSync(join(folder, hash.slice(0, 2)), { recursive: true, mode: 0o700 });
    if (made !== undefined) syncFolder(folder);
    renameSync(temporary, path);
    syncFolder(join(folder, hash.slice(0, 2)));
  }

  return {
    put(bytes: Uint8Array | string): { hash: string; bytes: number } {
      const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      const hash = createHash('sha256').update(data).digest('hex');
      const temporary = join(incoming, randomBytes(12).toString('hex'));
      const file = openSync(temporary, 'wx', 0o600);
      try {
        writeAll(file, data);
        fsyncSync(file);
        keep(temporary, hash);
      } finally {
        closeSync(file);
        rmSync(temporary, { force: true });
      }
      return { hash, bytes: data.length };
    },

    /** Takes bytes from a stream up to a limit; a longer one leaves nothing behind. */
    async take(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<PutOutcome> {
      const temporary = join(incoming, randomBytes(12).toString('hex'));
      const file = openSync(temporary, 'wx', 0o600);
      const hasher = createHash('sha256');
      let bytes = 0;
      let kept = false;
      try {
        for await (const chunk of stream) {
          bytes += chunk.length;
          if (bytes > maxBytes) return { ok: false, why: 'too_large' };
          hasher.update(chunk);
          writeAll(file, chunk);
        }
        fsyncSync(file);
        const hash = hasher.digest('hex');
        keep(temporary, hash);
        kept = true;
        return { ok: true, hash, bytes };
      } finally {
        closeSync(file);
        if (!kept) rmSync(temporary, { force: true });
      }
    },

    open(hash: string): { stream: Readable; bytes: number } | undefined {
      const path = pathOf(hash);
      if (!existsSync(path)) return undefined;
      return { stream: createReadStream(path), bytes: statSync(path).size };
    },

    text(hash: string): string | undefined {
      const path = pathOf(hash);
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    },

    pathOf,
    has: (hash: string): boolean => existsSync(pathOf(hash)),
  };
}

export type Artifacts = ReturnType<typeof openArtifacts>;

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
