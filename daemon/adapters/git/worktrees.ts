import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Repository } from '../../ports.ts';
import { emptyFolder, kindOf, letRead, putPointer, removeSpecialFiles, textOf } from './folders.ts';
import { type Git, type GitCall, GitTrouble, gitBytes, gitText, WORK_MS } from './git.ts';
import { createMutex } from './mutex.ts';
import { branchRef, fullHash } from './names.ts';
import { splitNul } from './path-text.ts';
import type { Refs } from './refs.ts';

/** Worktrees of the control repository, each known by its folder. */
export interface Worktrees extends Pick<Repository, 'checkout'> {
  /** Where git keeps what belongs to a worktree; undefined when the folder is none of ours. */
  administration(folder: string): Promise<string | undefined>;
}

export function createWorktrees(parts: {
  git: Git;
  gitDir: string;
  refs: Refs;
  path: string;
  one: <T>(folder: string, work: () => Promise<T>) => Promise<T>;
}): Worktrees {
  const { git, gitDir, refs, path } = parts;
  const registry = createMutex();
  const registered = join(gitDir, 'worktrees');

  const administration = async (folder: string): Promise<string | undefined> => {
    if ((await kindOf(registered)) === 'missing') return undefined;
    for (const name of await readdir(registered)) {
      const admin = join(registered, name);
      const isUsable = (await textOf(join(admin, 'locked'))) === undefined && (await textOf(join(admin, 'HEAD'))) !== undefined;
      if (isUsable && (await textOf(join(admin, 'gitdir')))?.trim() === join(folder, '.git')) return admin;
    }
    return undefined;
  };

  /** Forgets what a killed `worktree add` left: entries that are locked as "initializing" or incomplete, and older ones of the same folder. */
  const forgetBroken = async (folder: string): Promise<void> => {
    if ((await kindOf(registered)) === 'missing') return;
    for (const name of await readdir(registered)) {
      const admin = join(registered, name);
      const place = (await textOf(join(admin, 'gitdir')))?.trim();
      const isBroken =
        place === undefined || (await textOf(join(admin, 'locked'))) !== undefined || (await textOf(join(admin, 'HEAD'))) === undefined;
      if (isBroken || place === join(folder, '.git')) await rm(admin, { recursive: true, force: true });
    }
  };

  const register = (folder: string, at: string, signal: AbortSignal): Promise<string> =>
    registry(async () => {
      const found = await administration(folder);
      if (found !== undefined) return found;
      await forgetBroken(folder);
      await mkdir(folder, { recursive: true, mode: 0o755 });
      await emptyFolder(folder, path, signal);
      await gitText(git, { args: ['worktree', 'add', '-q', '-f', '--no-checkout', '--detach', folder, at], signal, timeoutMs: WORK_MS });
      const made = await administration(folder);
      if (made === undefined) throw new GitTrouble(`git made no worktree for ${folder}`);
      return made;
    });

  const bringTo = async (folder: string, at: string, branch: string | undefined, signal: AbortSignal): Promise<void> => {
    const admin = await register(folder, at, signal);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    // Nobody else uses this worktree now: whoever held these is dead.
    for (const name of await readdir(admin)) if (name.endsWith('.lock')) await rm(join(admin, name), { force: true });
    await putPointer(folder, `gitdir: ${admin}\n`);
    const call = (args: readonly string[]): GitCall => ({ args, gitDir: admin, workTree: folder, cwd: folder, signal, timeoutMs: WORK_MS });

    await gitText(git, call(['checkout', '-q', '-f', '--detach', '--no-recurse-submodules', at]));
    await gitText(git, call(['clean', '-ffdxq']));
    await removeSpecialFiles(folder, path, signal);
    await emptySubmodules(git, folder, at, path, signal);
    if (branch !== undefined) {
      const was = await refs.read(branch);
      if (was !== at && !(await refs.change([{ ref: branch, from: was, to: at }], 'checkout')))
        throw new GitTrouble(`somebody else writes ${branch}`);
      await gitText(git, call(['symbolic-ref', 'HEAD', branch]));
    }
    await assertExact(git, call, at);
    await letRead(admin);
  };

  return {
    administration,
    checkout: ({ folder, at, branch, signal }) =>
      parts.one(folder, async () => {
        const wanted = fullHash(at);
        const ref = branch === undefined ? undefined : branchRef(branch);
        const kind = await kindOf(folder);
        if (kind === 'file' || kind === 'other') return { ok: false, detail: `${folder} is not a folder` };
        try {
          await bringTo(folder, wanted, ref, signal).catch(async (error: unknown) => {
            if (signal.aborted) throw error;
            // Whatever is wrong with the tree or its index, starting from nothing is right and only slower.
            const admin = await administration(folder);
            if (admin !== undefined) await rm(admin, { recursive: true, force: true });
            await bringTo(folder, wanted, ref, signal);
          });
          return { ok: true };
        } catch (error) {
          if (signal.aborted) return { ok: false, detail: 'stopped' };
          if (!(error instanceof Error)) throw error;
          return { ok: false, detail: `${basename(folder)}: ${error.message}` };
        }
      }),
  };
}

/** Git leaves alone what stands in a submodule's folder. */
async function emptySubmodules(git: Git, folder: string, at: string, path: string, signal: AbortSignal): Promise<void> {
  const listed = splitNul(await gitBytes(git, { args: ['ls-tree', '-r', '-z', '--full-tree', at], signal }));
  for (const entry of listed) {
    if (!entry.startsWith('160000 ')) continue;
    const inside = join(folder, Buffer.from(entry.slice(entry.indexOf('\t') + 1), 'latin1').toString('utf8'));
    if ((await kindOf(inside)) === 'folder') await emptyFolder(inside, path, signal);
  }
}

/** The promise of `checkout`, asked of git afterwards rather than believed. */
async function assertExact(git: Git, call: (args: readonly string[]) => GitCall, at: string): Promise<void> {
  const head = await gitText(git, call(['rev-parse', '--verify', 'HEAD^{commit}']));
  if (head !== at) throw new GitTrouble(`HEAD is ${head}, not ${at}`);
  const status = await git(
    call(['status', '--porcelain=v1', '-z', '--untracked-files=all', '--ignored=matching', '--ignore-submodules=all']),
  );
  const left = splitNul(status.stdout);
  if (status.code !== 0 || status.stderr !== '' || left.length > 0) {
    throw new GitTrouble(`not clean after checkout: ${[...left.slice(0, 5), status.stderr].join(' ').trim()}`);
  }
}
