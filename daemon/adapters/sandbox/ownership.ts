import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { runProgram } from '../spawn.ts';

/**
 * What sandboxed programs left in a folder is theirs to arrange: any mode, any link, any depth. find, chown and chmod walk with
 * directory descriptors and never follow a link; nothing runs in the folder meanwhile.
 */
const WALK_MS = 300_000;
const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/** Gives a folder with everything in it to a user and closes it to others. A file that already is the user's is not touched, so git finds it unchanged. */
export async function ownFolder(folder: string, uid: number | undefined): Promise<void> {
  if (!lstatSync(folder).isDirectory()) throw new Error(`not a folder: ${folder}`);
  if (uid !== undefined) {
    const daemon = String(process.getuid?.() ?? 0);
    await walk(['chown', '-R', '-h', '-P', `--from=${daemon}`, `${uid}:${uid}`, '--', folder]);
    const foreign = await walk([
      'find',
      '-P',
      folder,
      '(',
      '!',
      '-uid',
      String(uid),
      '-o',
      '!',
      '-gid',
      String(uid),
      ')',
      '-print',
      '-quit',
    ]);
    if (foreign !== '') await walk(['chown', '-R', '-h', '-P', `${uid}:${uid}`, '--', folder]);
  }
  chmodSync(folder, 0o700);
}

/** Empties a folder. One that does not exist is empty. */
export async function wipeFolder(folder: string): Promise<void> {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) throw new Error(`not a folder: ${folder}`);
  chmodSync(folder, stat.mode | 0o700);
  const isEmpty = () => readdirSync(folder).length === 0;
  if (isEmpty()) return;
  // A folder without rights stops its own user, not root; giving the rights back is only needed then.
  await tryWalk(['find', '-P', folder, '-mindepth', '1', '-delete']);
  if (isEmpty()) return;
  await tryWalk(['chmod', '-R', 'u+rwx', '--', folder]);
  await walk(['find', '-P', folder, '-mindepth', '1', '-delete']);
}

async function walk(argv: [string, ...string[]]): Promise<string> {
  const outcome = await tryWalk(argv);
  if (outcome.end === 'exited' && outcome.code === 0) return String(outcome.stdout);
  throw new Error(`${argv[0]} ended with ${outcome.end}: ${outcome.stderrTail}`);
}

function tryWalk(argv: [string, ...string[]]) {
  return runProgram({ argv, cwd: '/', env: ENVIRONMENT, captureStdoutBytes: 64 * 1024, timeoutMs: WALK_MS });
}
