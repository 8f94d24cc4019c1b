import { runProgram } from '../spawn.ts';

const COPY_MS = 600_000;
const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/** Copies a file or folder with modes, times, links and owners to a path that does not exist; bytes are shared where the file system can. */
export async function copyTree(from: string, to: string, signal?: AbortSignal): Promise<void> {
  await succeed(['cp', '-a', '--reflink=auto', '-T', '--', from, to], signal);
}

/** Bytes on disk. */
export async function diskUsage(folder: string): Promise<number> {
  return Number.parseInt(await succeed(['du', '-s', '--block-size=1', '--', folder]), 10);
}

/** Whether some file has a second name that may lie outside of the folder. */
export async function hasHardLinks(folder: string): Promise<boolean> {
  return (await succeed(['find', '-P', folder, '-type', 'f', '-links', '+1', '-print', '-quit'])) !== '';
}

/** Makes everything written to the folder's file system survive a power cut. */
export async function syncFileSystem(folder: string): Promise<void> {
  await succeed(['sync', '-f', '--', folder]);
}

async function succeed(argv: [string, ...string[]], signal?: AbortSignal): Promise<string> {
  const outcome = await runProgram({ argv, cwd: '/', env: ENVIRONMENT, captureStdoutBytes: 64 * 1024, timeoutMs: COPY_MS, signal });
  signal?.throwIfAborted();
  if (outcome.end === 'exited' && outcome.code === 0) return String(outcome.stdout);
  throw new Error(`${argv[0]} ended with ${outcome.end}: ${outcome.stderrTail.trim().slice(-500)}`);
}
