import { chmod, copyFile, link, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf } from './folders.ts';
import type { PersonsCheckout } from './upstream-repository.ts';

const LOCK_MARK = 'codex-builder\n';

/** Holds the index lock that every git respects, so that no git of the person's writes the index meanwhile. */
export async function withIndexLock(
  checkout: PersonsCheckout,
  asOwner: (path: string) => Promise<void>,
  work: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const lock = join(checkout.gitDir, 'index.lock');
  const beside = join(checkout.gitDir, 'index.codex-builder-lock');
  try {
    // Linked into place, so that a lock without our mark is never ours, whenever we are killed.
    await writeFile(beside, LOCK_MARK);
    await asOwner(beside);
    await link(beside, lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return `another git is working in ${checkout.folder}`;
    return `${checkout.folder} cannot be written to (${(error as NodeJS.ErrnoException).code})`;
  } finally {
    await rm(beside, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Removes an index lock with our mark: a daemon that was killed held it. Anybody else's is theirs. */
export async function removeOwnLock(checkout: PersonsCheckout): Promise<void> {
  const lock = join(checkout.gitDir, 'index.lock');
  const text = await textOf(lock);
  if (text === LOCK_MARK) await rm(lock, { force: true });
}

/** Puts the private index in the place of the checkout's, as one rename. */
export async function installIndex(checkout: PersonsCheckout, index: string, asOwner: (path: string) => Promise<void>): Promise<void> {
  const place = join(checkout.gitDir, 'index');
  const beside = join(checkout.gitDir, 'index.codex-builder');
  await copyFile(index, beside);
  await chmod(beside, (await stat(place)).mode & 0o777);
  await asOwner(beside);
  const handle = await open(beside, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, place);
}
