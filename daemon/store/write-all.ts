import { writeSync } from 'node:fs';

/** Writes every byte or throws: a disk that fills up answers with a short write first, and only the next one fails. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
