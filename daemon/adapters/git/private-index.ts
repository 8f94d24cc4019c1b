import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives a piece of work an index file of its own and takes it away afterwards. `name` is the same each time, so what a
 * killed one left is swept by the next; two of one name must not run at once.
 */
export async function withPrivateIndex<T>(folder: string, name: string, work: (index: string) => Promise<T>): Promise<T> {
  const index = join(folder, `index-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await drop(index);
    return await work(index);
  } finally {
    await drop(index);
  }
}

async function drop(index: string): Promise<void> {
  await rm(index, { force: true });
  await rm(`${index}.lock`, { force: true });
}
