import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { ObjectFormat } from './control.ts';
import { kindOf } from './folders.ts';
import type { Git } from './git.ts';

/** A person's repository on this machine, found without leaving the path that was named. */
export interface LocalUpstream {
  /** Where refs and objects are: shared by all its worktrees. */
  commonDir: string;
  format: ObjectFormat;
  /** Where its main was when it was found. */
  main: string;
  /** Owner of the repository; writing as anybody else would leave files that the owner cannot change. */
  owner: { uid: number; gid: number };
}

/** One checkout of a person's repository that has `main` checked out. */
export interface PersonsCheckout {
  folder: string;
  /** Its own git folder, which holds HEAD and the index. */
  gitDir: string;
}

export type UpstreamProblem = { ok: false; detail: string; remedy: string };

/** Looks at a path and says what is wrong with it, or where its parts are. */
export async function findLocalUpstream(git: Git, path: string): Promise<{ ok: true; local: LocalUpstream } | UpstreamProblem> {
  const no = (detail: string, remedy: string): UpstreamProblem => ({ ok: false, detail, remedy });
  if ((await kindOf(path)) === 'missing') return no(`${path} does not exist.`, 'Name the folder of a git repository.');
  const gitDir = await discover(git, path);
  if (gitDir === undefined) {
    return no(`${path} is not a git repository.`, `Run: git -C ${path} init -b main, then commit the app; or name another folder.`);
  }
  const asked = await git({
    args: ['rev-parse', '--path-format=absolute', '--git-common-dir', '--show-object-format', '--is-shallow-repository'],
    gitDir,
  });
  const [commonDir, format, isShallow] = asked.stdout.toString('utf8').split('\n');
  if (asked.code !== 0 || commonDir === undefined)
    return no(`${path} cannot be read as a git repository: ${asked.stderr}`, `Run: git -C ${path} fsck`);
  const main = await git({ args: ['rev-parse', '--verify', '--quiet', 'refs/heads/main^{commit}'], gitDir: commonDir });
  if (main.code !== 0) {
    const isEmpty = (await git({ args: ['for-each-ref', '--count=1'], gitDir: commonDir })).stdout.length === 0;
    if (isEmpty)
      return no(`${path} has no commit yet.`, `Run: git -C ${path} add -A, then git -C ${path} commit, on a branch called main.`);
    const names = await git({ args: ['for-each-ref', '--count=5', '--format=%(refname:short)', 'refs/heads'], gitDir: commonDir });
    const others = names.stdout.toString('utf8').trim().split('\n').join(', ');
    return no(
      `${path} has no branch called main${others === '' ? '' : ` (it has ${others})`}.`,
      `Make one, for example: git -C ${path} branch main ${others.split(', ')[0] || 'HEAD'}`,
    );
  }
  if (isShallow === 'true') return no(`${path} is a shallow clone.`, `Run: git -C ${path} fetch --unshallow`);
  const { uid, gid } = await stat(commonDir);
  const local = {
    commonDir,
    format: format === 'sha256' ? 'sha256' : 'sha1',
    main: main.stdout.toString('latin1').trim(),
    owner: { uid, gid },
  } as const;
  return { ok: true, local };
}

/** The git folder of exactly this path: its `.git` or, for a bare repository, itself. A repository further up does not count. */
async function discover(git: Git, path: string): Promise<string | undefined> {
  const folder = resolve(path);
  for (const candidate of basename(folder) === '.git' ? [folder] : [`${folder}/.git`, folder]) {
    if ((await kindOf(candidate)) === 'missing') continue;
    const answer = await git({ args: ['rev-parse', '--absolute-git-dir'], gitDir: candidate });
    if (answer.code === 0) return answer.stdout.toString('utf8').trim();
  }
  return undefined;
}
