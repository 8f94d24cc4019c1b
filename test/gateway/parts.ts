import { randomBytes } from 'node:crypto';
import type { Clock, Ids, Log, LogSink } from '../../daemon/ports.ts';

export const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, then) {
    const timer = setTimeout(then, delayMs);
    return () => clearTimeout(timer);
  },
};

export const realIds: Ids = {
  next: (prefix) => `${prefix}_${randomBytes(16).toString('hex').slice(0, 26)}`,
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
};

export const quietLog: Log = () => {};

/** A log sink whose text can be looked at. */
export function memoryLog(): LogSink & { text(): string } {
  const chunks: Buffer[] = [];
  return {
    write: (chunk) => void chunks.push(Buffer.from(chunk)),
    close: async () => {},
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}
