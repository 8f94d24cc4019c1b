import { constants, ftruncateSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { GatewayLog } from './log.ts';

export interface LogLimits {
  /** A file that takes more of the disk is cut. */
  limitBytes: number;
  /** How much of its end stays; at most half of `limitBytes`. */
  keepBytes: number;
  everyMs: number;
}

const LIMITS: LogLimits = { limitBytes: 16 * 1024 * 1024, keepBytes: 8 * 1024 * 1024, everyMs: 2_000 };
const CHUNK = 1024 * 1024;
/** Rounds in which the copy may catch up with a program that goes on writing; what it writes faster than that is dropped. */
const ROUNDS = 64;

/** Looks at the log files again and again and cuts those that grew too large. Answers what ends it. */
export function keepLogsSmall(files: () => readonly string[], log: GatewayLog, limits = LIMITS): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  /** Said once a file, or the complaints would fill a log of their own. */
  const troubled = new Set<string>();
  const later = () => {
    if (!ended) timer = setTimeout(() => void look().then(later), limits.everyMs).unref();
  };
  async function look(): Promise<void> {
    for (const file of new Set(files())) {
      const dropped = await keepNewest(file, limits).catch((error: Error) => {
        if (!troubled.has(file)) log('error', 'a log cannot be cut', { file, detail: error.message });
        troubled.add(file);
        return 0;
      });
      if (dropped > 0) log('info', 'the oldest lines of a log were dropped', { file, bytes: dropped });
    }
  }
  later();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/**
 * Cuts a log that is too large to the end of it, in place and while programs write to it: they hold the file open for
 * appending, so it can be neither renamed nor replaced. The end is moved to the front piece by piece until nothing new
 * came, then the file is cut; cut off in between, its end is still whole. Answers how many bytes are gone.
 */
export async function keepNewest(path: string, { limitBytes, keepBytes }: Omit<LogLimits, 'everyMs'>): Promise<number> {
  const file = await openIfThere(path);
  if (file === undefined) return 0;
  try {
    const { size, blocks } = await file.stat();
    // A program that writes at a place of its own leaves a hole at the front, which takes no disk.
    if (Math.min(size, blocks * 512) <= limitBytes) return 0;
    const bytes = Buffer.alloc(CHUNK);
    const cut = await nextLine(file, size - keepBytes, bytes);
    let from = cut;
    let to = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { bytesRead } = await file.read(bytes, 0, CHUNK, from);
      await writeAll(file, bytes, bytesRead, to);
      from += bytesRead;
      to += bytesRead;
      if (bytesRead < CHUNK) break;
    }
    // The last of it without a turn of the event loop between the look and the cut: what comes in between would be lost.
    for (let round = 0; round < ROUNDS; round += 1) {
      const read = readSync(file.fd, bytes, 0, CHUNK, from);
      if (read === 0) break;
      writeSync(file.fd, bytes, 0, read, to);
      from += read;
      to += read;
    }
    ftruncateSync(file.fd, to);
    return cut;
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The beginning of the first whole line from here; here, when there is none near. */
async function nextLine(file: FileHandle, from: number, bytes: Buffer): Promise<number> {
  const { bytesRead } = await file.read(bytes, 0, CHUNK, from);
  return from + bytes.subarray(0, bytesRead).indexOf(0x0a) + 1;
}

async function writeAll(file: FileHandle, bytes: Buffer, length: number, at: number): Promise<void> {
  for (let done = 0; done < length; ) done += (await file.write(bytes, done, length - done, at + done)).bytesWritten;
}
