import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { createRedactor } from '../core/redact.ts';
import type { LogSink } from '../ports.ts';
import { encodingsOf } from './secret-encodings.ts';
import { writeAll } from './write-all.ts';

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
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

/**
 * Logs of runs: one file each under `<state>/logs/<run>/<name>.log`, appended
 * through the one redactor, capped, and live to followers by byte offset.
 * A log that is written again (a step that is repeated) goes on in the same file. `secrets` may grow: a log hides what was known when it was opened.
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
    // Both come from clients: nothing above the folder, and nothing but logs, can be named.
    if (!NAME.test(runId) || !NAME.test(name)) return undefined;
    const path = pathOf(runId, name);
    if (!existsSync(path)) return writing.has(keyOf(runId, name)) ? { text: '', next: 0, finished: false } : undefined;
    const file = openSync(path, 'r');
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.max(0, Math.min(max, size - from)));
    const count = buffer.length === 0 ? 0 : readSync(file, buffer, 0, buffer.length, from);
    closeSync(file);
    const bytes = buffer.subarray(0, count);
    const finished = from + count >= size && !writing.has(keyOf(runId, name));
    // A character that is cut at the end is left for the next read, while there will be one.
    const used = finished ? count : wholeCharacters(bytes);
    return { text: bytes.toString('utf8', 0, used), next: from + used, finished };
  }

  return {
    read,

    /** Opens a log for writing; several writers of one name are not allowed at a time. */
    open(runId: string, name: string, onClosed?: (info: { hash: string; bytes: number }) => void): LogSink {
      mkdirSync(join(folder, runId), { recursive: true, mode: 0o700 });
      const key = keyOf(runId, name);
      const file = openSync(pathOf(runId, name), 'a+', 0o600);
      let size = repair(file);
      let full = false;
      let dropped = 0;
      const decoder = new StringDecoder('utf8');
      const redactor = createRedactor(secrets.flatMap(encodingsOf));
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
        if (!kept(file, bytes, size)) {
          dropped += bytes.length;
          full = true;
          return;
        }
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
          if (dropped > 0) kept(file, Buffer.from(`\n[the log is full: ${dropped} more bytes were not kept]\n`), size);
          fsyncSync(file);
          closeSync(file);
          const left = writing.get(key)! - 1;
          if (left === 0) writing.delete(key);
          else writing.set(key, left);
          // Known to be whole before anybody hears of the end.
          onClosed?.(hashOf(pathOf(runId, name)));
          tell(key);
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
        if (set.size === 0 && followers.get(key) === set) followers.delete(key);
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

/** Bytes up to the end of the last character that is there whole. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Takes off half a character that a killed daemon left at the end. Answers the size. */
function repair(file: number): number {
  const { size } = fstatSync(file);
  const tail = Buffer.alloc(Math.min(3, size));
  readSync(file, tail, 0, tail.length, size - tail.length);
  const whole = size - tail.length + wholeCharacters(tail);
  if (whole < size) ftruncateSync(file, whole);
  return whole;
}

/** Appends all of it, or on a full disk nothing: a program must not fail because its log has no room. */
function kept(file: number, bytes: Uint8Array, size: number): boolean {
  try {
    writeAll(file, bytes);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))) throw error;
    ftruncateSync(file, size);
    return false;
  }
}

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
