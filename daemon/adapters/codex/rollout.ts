import { closeSync, constants, type FSWatcher, fstatSync, openSync, readdirSync, readSync, watch } from 'node:fs';
import { join } from 'node:path';
import { type JsonObject, parseObject } from './json.ts';
import { splitLines } from './lines.ts';

/** The file in which Codex itself writes down a thread while it works. */
export interface Rollout {
  /** The thread has this name; from now on its file is looked for. */
  follow(threadId: string): void;
  /** Hands over the lines that are new. */
  drain(): void;
  close(): void;
}

const MAX_LINE_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** `sessions/<year>/<month>/<day>/rollout-<time>-<thread>.jsonl` */
const FOLDERS = 3;

/** Reads along in a thread's file. Of a thread that goes on, what is there already is passed over. */
export function openRollout(codexHome: string, threadId: string | undefined, onLine: (line: JsonObject) => void): Rollout {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const lines = splitLines(MAX_LINE_BYTES, (text) => {
    const line = parseObject(text);
    if (line) onLine(line);
  });
  let thread = threadId;
  let path = threadId === undefined ? undefined : find(codexHome, threadId);
  let offset = path === undefined ? 0 : read(path, 0, (file) => fstatSync(file).size);
  let watcher: FSWatcher | undefined;

  const drain = () => {
    path ??= thread === undefined ? undefined : find(codexHome, thread);
    if (path === undefined) return;
    watcher ??= watched(path, drain);
    offset = read(path, offset, (file) => {
      let at = offset;
      for (let bytes = readSync(file, buffer, 0, CHUNK_BYTES, at); bytes > 0; bytes = readSync(file, buffer, 0, CHUNK_BYTES, at)) {
        at += bytes;
        lines.push(buffer.subarray(0, bytes));
      }
      return at;
    });
  };

  return {
    follow(named) {
      if (named === thread) return;
      thread = named;
      path = undefined;
      offset = 0;
      watcher?.close();
      watcher = undefined;
    },
    drain,
    close: () => watcher?.close(),
  };
}

/** Without a watch (a limit of the machine) `drain` alone finds what is new. */
function watched(path: string, then: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, then).on('error', () => {});
  } catch {
    return undefined;
  }
}

/** How far the file has been read then. The folder belongs to programs in a sandbox: no link is followed and nothing but a file is read. */
function read(path: string, readSoFar: number, use: (file: number) => number): number {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return readSoFar; // away for now: what was told already is not told again when it is back
  }
  try {
    return fstatSync(file).isFile() ? use(file) : readSoFar;
  } finally {
    closeSync(file);
  }
}

function find(codexHome: string, threadId: string): string | undefined {
  const below = (folder: string, depth: number): string | undefined => {
    for (const entry of entriesOf(folder)) {
      if (depth === 0 && entry.isFile() && entry.name.endsWith(`-${threadId}.jsonl`)) return join(folder, entry.name);
      const found = depth > 0 && entry.isDirectory() ? below(join(folder, entry.name), depth - 1) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return below(join(codexHome, 'sessions'), FOLDERS);
}

/** The newest first. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? 1 : -1));
  } catch {
    return []; // there is none yet
  }
}
