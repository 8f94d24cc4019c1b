import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sweepRefLocks } from './control.ts';
import { syncFolder } from './durable.ts';
import { type Git, GitTrouble } from './git.ts';
import type { Mutex } from './mutex.ts';
import { isFullHash, isPlainRef } from './names.ts';

/** Wanted state of one ref: `from` is what it must be now, undefined that it must not exist; without `to` it is only verified, with `gone` it is deleted. */
export interface RefChange {
  ref: string;
  from: string | undefined;
  to?: string;
  gone?: true;
}

export interface Refs {
  /** What a ref points at; undefined when there is none. Only full ref names and full hashes of commits are looked at. */
  read(ref: string): Promise<string | undefined>;
  /** All or nothing by compare-and-swap, in this order. False when a ref was not what it had to be. Durable when true. */
  change(changes: readonly RefChange[], reason: string): Promise<boolean>;
  remove(ref: string): Promise<void>;
  /** Runs a git that writes refs itself while nobody else does. */
  alone: Mutex;
}

const LOCKED = /Unable to create .*\.lock': File exists/;

/** Reads and changes refs of the control repository, one writer at a time. */
export function createRefs(git: Git, gitDir: string, alone: Mutex): Refs {
  const read = async (ref: string): Promise<string | undefined> => {
    if (!isPlainRef(ref) && !isFullHash(ref)) return undefined;
    const found = await git({ args: ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`] });
    const hash = found.stdout.toString('latin1').trim();
    return found.code === 0 && isFullHash(hash) ? hash : undefined;
  };

  const attempt = (input: string, reason: string) =>
    git({ args: ['update-ref', '--create-reflog', '-m', reason, '--stdin'], stdin: input });

  return {
    alone,
    read,
    change: (changes, reason) =>
      alone(async () => {
        const input = `start\n${changes.map(line).join('')}prepare\ncommit\n`;
        let done = await attempt(input, reason);
        // We are the only writer and no git of ours is running: such a lock was left by a killed one.
        if (done.code !== 0 && LOCKED.test(done.stderr)) {
          await sweepRefLocks(gitDir);
          done = await attempt(input, reason);
        }
        if (done.code === 0) {
          await makeDurable(gitDir, changes);
          return true;
        }
        for (const change of changes) if ((await read(change.ref)) !== change.from) return false;
        throw new GitTrouble(`refs could not be changed: ${done.stderr}`);
      }),
    remove: (ref) =>
      alone(async () => {
        const at = await read(ref);
        if (at === undefined) return;
        const input = `delete ${ref} ${at}\n`;
        let done = await attempt(input, 'no longer needed');
        if (done.code !== 0 && LOCKED.test(done.stderr)) {
          await sweepRefLocks(gitDir);
          done = await attempt(input, 'no longer needed');
        }
        if (done.code !== 0) throw new GitTrouble(`${ref} could not be deleted: ${done.stderr}`);
      }),
  };
}

function line(change: RefChange): string {
  if (change.gone) return `delete ${change.ref} ${change.from}\n`;
  const from = change.from ?? '0'.repeat((change.to ?? '').length || 40);
  return change.to === undefined ? `verify ${change.ref} ${from}\n` : `update ${change.ref} ${change.to} ${from}\n`;
}

async function makeDurable(gitDir: string, changes: readonly RefChange[]): Promise<void> {
  const folders = new Set<string>();
  for (const { ref, to } of changes) {
    if (to === undefined) continue;
    folders.add(join(gitDir, 'objects', to.slice(0, 2)));
    for (let folder = dirname(ref); folder !== '.'; folder = dirname(folder)) folders.add(join(gitDir, folder));
  }
  folders.add(join(gitDir, 'objects'));
  for (const folder of folders) {
    // The commit itself may be in a pack; the folder is made rather than asked about.
    await mkdir(folder, { recursive: true });
    await syncFolder(folder);
  }
}
