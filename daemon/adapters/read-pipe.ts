import type { Readable } from 'node:stream';
import { setImmediate as immediately, setTimeout as pause } from 'node:timers/promises';

/** After the program is gone its pipes hold at most what the kernel buffered; whoever keeps them open longer is not the program. */
const GRACE_MS = 250;
/** More than a pipe or a socket of a pair can hold: what is read beyond it was not written by the program. */
const PIPE_BYTES = 1024 * 1024;

/**
 * Reads a pipe of a program. The answer is to be called when the program is gone and settles when the pipe is closed. When somebody else
 * still holds it after a grace, what is in it is read and it is let go. The grace may have passed without a look at the pipe (this process
 * was busy), so turns of the event loop count, not the clock.
 */
export function readPipe(stream: Readable | null | undefined, onData: (chunk: Buffer) => void): () => Promise<void> {
  if (!stream) return async () => {};
  let bytes = 0;
  const closed = new Promise<void>((resolve) => stream.once('close', resolve));
  stream.on('error', () => stream.destroy());
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    onData(chunk);
  });
  return async () => {
    const waited = new AbortController();
    await Promise.race([closed, pause(GRACE_MS, undefined, { signal: waited.signal }).catch(() => {})]);
    waited.abort();
    for (let [before, from] = [-1, bytes]; !stream.closed && before !== bytes && bytes - from <= PIPE_BYTES; ) {
      before = bytes;
      await turn();
    }
    stream.destroy();
    await closed;
  };
}

/** One whole turn of the event loop: whatever can be read without waiting has been read. */
async function turn(): Promise<void> {
  await immediately();
  await immediately();
}
