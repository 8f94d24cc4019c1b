import { constants } from 'node:fs';
import { chmod, chown, lstat, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../spawn.ts';
import { GitTrouble, WORK_MS } from './git.ts';

/** What stands at a path, without following a link at its end. */
export async function kindOf(path: string | Buffer): Promise<'folder' | 'file' | 'other' | 'missing'> {
  try {
    const found = await lstat(path);
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'missing';
    throw error;
  }
}

/** Text of a file of at most 64 KiB, undefined when there is no such file. Never through a link. */
export async function textOf(path: string): Promise<string | undefined> {
  if ((await kindOf(path)) !== 'file') return undefined;
  return (await readFile(path, { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NOFOLLOW })).slice(0, 65_536);
}

/**
 * Removes everything inside a folder but not the folder, whatever depth and modes a program left there.
 * Works on paths deeper than PATH_MAX. Throws when something stays.
 */
export async function emptyFolder(folder: string, path: string, signal?: AbortSignal): Promise<void> {
  const run = (argv: readonly [string, ...string[]]) =>
    runProgram({ argv, cwd: '/', env: { PATH: path, LC_ALL: 'C' }, timeoutMs: WORK_MS, ...(signal ? { signal } : {}) });
  const wipe = () => run(['find', folder, '-xdev', '-mindepth', '1', '-delete']);
  if (failed(await wipe())) {
    // Folders without permissions for their own owner cannot be emptied.
    await run(['chmod', '-R', 'u+rwX', '--', folder]);
    const again = await wipe();
    if (failed(again)) throw new GitTrouble(`${folder} could not be emptied: ${again.stderrTail.trim().slice(0, 500)}`);
  }
  const left = await readdir(folder);
  if (left.length > 0) throw new GitTrouble(`${folder} could not be emptied: ${left.slice(0, 3).join(', ')} stayed`);
}

/** Removes pipes, sockets and devices below a folder: git neither shows nor cleans them. */
export async function removeSpecialFiles(folder: string, path: string, signal: AbortSignal): Promise<void> {
  const argv = ['find', folder, '-xdev', '-type', 'p,s,b,c', '-delete'] as const;
  const ended = await runProgram({ argv, cwd: '/', env: { PATH: path, LC_ALL: 'C' }, timeoutMs: WORK_MS, signal });
  if (failed(ended)) throw new GitTrouble(`${folder} could not be cleaned: ${ended.stderrTail.trim().slice(0, 500)}`);
}

const failed = (ended: { end: string; code?: number }): boolean => ended.end !== 'exited' || ended.code !== 0;

/** Makes `<folder>/.git` say exactly `text`, whatever a program put in its place. */
export async function putPointer(folder: string, text: string): Promise<void> {
  const pointer = join(folder, '.git');
  if ((await textOf(pointer)) === text) return;
  await rm(pointer, { recursive: true, force: true });
  const handle = await open(pointer, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

/** Makes a file or folder of ours belong to the owner of a repository we write to. Only root can, and only root needs to. */
export async function giveTo(path: string, owner: { uid: number; gid: number }): Promise<void> {
  if (process.getuid?.() === 0 && owner.uid !== 0) await chown(path, owner.uid, owner.gid);
}

/**
 * Lets the confined user of an agent read a folder of the control repository, whatever the daemon's umask is. On the
 * host nobody else gets this far: the state folder above it is the daemon's alone.
 */
export async function letRead(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await letRead(path);
    else if (entry.isFile()) await chmod(path, 0o644);
  }
}
