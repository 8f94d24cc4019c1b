import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runAsPerson } from '../run-program.ts';
import type { Contents } from './contents.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Something is in the way, and what to do about it. */
export interface Obstacle {
  detail: string;
  remedy: string;
}

/** The repository of the person, as they have it checked out. */
export interface PersonsRepository {
  /** Its root. */
  top: string;
  /** The folder that was named, from the root; `.` for the root itself. */
  asked: string;
  contents: Contents;
  /** Runs git at the root. */
  git(...args: readonly string[]): Promise<{ code: number; text: string; error: string }>;
}

/** A file longer than this says nothing about how an app is started. */
const LONGEST = 512 * 1024;
/** Variables that would make git look at another repository than the one that was named. */
const NOT_OURS = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_COMMON_DIR', 'GIT_OBJECT_DIRECTORY', 'GIT_PREFIX', 'GIT_NAMESPACE'];
/** A hook of the person may run their whole test suite. */
const COMMIT_MS = 900_000;

/** Finds the repository around a folder and lists what is tracked in it. */
export async function openPersonsRepository(
  folder: string,
  env: Environment,
): Promise<({ ok: true } & PersonsRepository) | ({ ok: false } & Obstacle)> {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return no(`${folder} does not exist.`, 'Name the folder of a git repository with --repo.');
  if (!lstatSync(realpathSync(folder)).isDirectory())
    return no(`${folder} is not a folder.`, 'Name the folder of a git repository with --repo.');
  const clean: Record<string, string | undefined> = { ...env, LC_ALL: 'C' };
  for (const name of NOT_OURS) delete clean[name];
  const gitIn = async (cwd: string, args: readonly string[]) => {
    const ended = await runAsPerson(['git', ...args], { cwd, env: clean, timeoutMs: COMMIT_MS });
    return { code: ended.code, text: ended.stdout.toString('utf8'), error: ended.stderr };
  };
  const asked = await gitIn(folder, ['rev-parse', '--is-bare-repository', '--show-toplevel']);
  if (asked.code === 127) return no('git is not installed.', 'Install it: apt-get install git');
  if (asked.text.startsWith('true')) return no(`${folder} is a bare repository.`, 'Run init in a checkout of it, and push.');
  if (asked.code !== 0) {
    if (asked.error.includes('dubious ownership'))
      return no(`${folder} belongs to another user.`, 'Run this as its owner, or allow it: git config --global --add safe.directory PATH');
    return no(`${folder} is not in a git repository.`, `Make one: git -C ${folder} init -b main, then commit the app.`);
  }
  const top = asked.text.split('\n')[1]!;
  const git = (...args: readonly string[]) => gitIn(top, args);
  const listed = await git('ls-files', '-z', '--cached');
  const files = [...new Set(listed.text.split('\0'))].filter((path) => path !== '').sort();
  return { ok: true, top, asked: relative(top, realpathSync(folder)) || '.', contents: { files, read: reader(top, files) }, git };
}

/** Reads tracked files from the checkout, each once. Links and what is not text are left alone. */
function reader(top: string, files: readonly string[]): Contents['read'] {
  const tracked = new Set(files);
  const known = new Map<string, string | undefined>();
  const read = (path: string): string | undefined => {
    if (!tracked.has(path)) return undefined;
    const stat = lstatSync(join(top, path), { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile() || stat.size > LONGEST) return undefined;
    const text = readFileSync(join(top, path), 'utf8');
    return text.includes('\0') ? undefined : text;
  };
  return (path) => {
    if (!known.has(path)) known.set(path, read(path));
    return known.get(path);
  };
}

function no(detail: string, remedy: string): { ok: false } & Obstacle {
  return { ok: false, detail, remedy };
}
