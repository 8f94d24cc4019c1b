import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, fsyncSync, mkdirSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { createRedactor } from '../core/redact.ts';
import type { LogSink } from '../ports.ts';

export interface LogChunk {
  runId: string;
  stream: string;
  offset: number;
  /** Byte offset after it. */
  next: number;
  data: string;
  finished: boolean;
}

const MAX_BYTES = 20 * 1024 * 1024;
const CHUNK = 64 * 1024;

/**
 * Logs of runs: one file each under `<state>/logs/<run>/<name>.log`, appended
 * through the one redactor, capped, and live to followers by byte offset.
 * A log that is written again (a step that is repeated) goes on in the same file.
 */
export function openLogs(folder: string, secrets: readonly string[]) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const writing = new Map<string, number>();
  const followers = new Map<string, Set<() => void>>();
  const keyOf = (runId: string, name: string) => `${runId}/${name}`;
  const pathOf = (runId: string, name: string) => join(folder, runId, `${name}.log`);
  const tell = (key: string) => {
    for (const listener of followers.get(key) ?? []) listener();
  };

  function read(runId: string, name: string, from: number, max = CHUNK): { text: string; next: number; finished: boolean } | undefined {
    const path = pathOf(runId, name);
    if (!existsSync(path)) return writing.has(keyOf(runId, name)) ? { text: '', next: 0, finished: false } : undefined;
    const file = openSync(path, 'r');
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.max(0, Math.min(max, size - from)));
    const count = buffer.length === 0 ? 0 : readSync(file, buffer, 0, buffer.length, from);
    closeSync(file);
    // A character that is cut at the end is left for the next read.
    const text = new StringDecoder('utf8').write(buffer.subarray(0, count));
    const used = Buffer.byteLength(text);
    const atEnd = from + count >= size;
    const whole = atEnd && !writing.has(keyOf(runId, name));
    return {
      text: used === 0 && count > 0 && whole ? buffer.subarray(0, count).toString('utf8') : text,
      next: from + (used === 0 && whole ? count : used),
      finished: whole,
    };
  }

  return {
    read,

    /** Opens a log for writing; several writers of one name are not allowed at a time. */
    open(runId: string, name: string, onClosed?: (info: { hash: string; bytes: number }) => void): LogSink {
      mkdirSync(join(folder, runId), { recursive: true, mode: 0o700 });
      const key = keyOf(runId, name);
      const file = openSync(pathOf(runId, name), 'a', 0o600);
      let size = fstatSync(file).size;
      let full = false;
      let dropped = 0;
      const decoder = new StringDecoder('utf8');
      const redactor = createRedactor(secrets);
      writing.set(key, (writing.get(key) ?? 0) + 1);
      let closed = false;
      const append = (text: string) => {
        if (text === '') return;
        const bytes = Buffer.from(text);
        if (full || size + bytes.length > MAX_BYTES) {
          dropped += bytes.length;
          full = true;
          return;
        }
        writeSync(file, bytes);
        size += bytes.length;
        tell(key);
      };
      return {
        write(chunk) {
          if (closed) return;
          append(redactor.push(typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk))));
        },
        async close() {
          if (closed) return;
          closed = true;
          append(redactor.push(decoder.end()));
          append(redactor.flush());
          if (dropped > 0) writeSync(file, `\n[the log is full: ${dropped} more bytes were not kept]\n`);
          fsyncSync(file);
          closeSync(file);
          const left = writing.get(key)! - 1;
          if (left === 0) writing.delete(key);
          else writing.set(key, left);
          tell(key);
          onClosed?.(hashOf(pathOf(runId, name)));
        },
      };
    },

    /** Sends what is there from an offset, then what comes, until stopped or `onOutput` answers false. Past and future are one synchronous step. */
    follow(request: { runId: string; stream: string; offset: number; onOutput: (chunk: LogChunk) => boolean }): () => void {
      const { runId, stream, onOutput } = request;
      const key = keyOf(runId, stream);
      let offset = request.offset;
      let over = false;
      const drain = () => {
        while (!over) {
          const part = read(runId, stream, offset);
          if (part === undefined) return;
          if (part.text === '' && !part.finished) return;
          const at = offset;
          offset = part.next;
          over = !onOutput({ runId, stream, offset: at, next: part.next, data: part.text, finished: part.finished });
          if (part.finished) return;
        }
      };
      const set = followers.get(key) ?? new Set();
      followers.set(key, set.add(drain));
      drain();
      return () => {
        over = true;
        set.delete(drain);
        if (set.size === 0) followers.delete(key);
      };
    },

    list(runId: string): readonly { name: string; bytes: number; finished: boolean }[] {
      const path = join(folder, runId);
      if (!existsSync(path)) return [];
      return readdirSync(path)
        .filter((file) => file.endsWith('.log'))
        .map((file) => file.slice(0, -4))
        .map((name) => ({ name, bytes: statSync(pathOf(runId, name)).size, finished: !writing.has(keyOf(runId, name)) }));
    },
  };
}

export type Logs = ReturnType<typeof openLogs>;

function hashOf(path: string): { hash: string; bytes: number } {
  const hasher = createHash('sha256');
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(CHUNK);
  let bytes = 0;
  for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
    hasher.update(buffer.subarray(0, count));
    bytes += count;
  }
  closeSync(file);
  return { hash: hasher.digest('hex'), bytes };
}
