import { Buffer } from 'node:buffer';
import { runProgram } from '../spawn.ts';

/** How a git ended. `stderr` is trimmed text; `stdout` is bytes because paths need not be UTF-8. */
export interface GitResult {
  code: number;
  stdout: Buffer;
  stderr: string;
}

/** One git. Everything git could take from the surroundings is given here or fixed in `createGit`. */
export interface GitCall {
  args: readonly string[];
  /** Default: the control repository. A worktree is addressed by its administrative folder, never by discovery. */
  gitDir?: string;
  workTree?: string;
  /** Default `/`, where no `.gitattributes` and no repository can be found. */
  cwd?: string;
  stdin?: string;
  env?: Readonly<Record<string, string>>;
  config?: readonly string[];
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Takes standard output as it comes; `stdout` is empty then. */
  onStdout?: (chunk: Buffer) => void;
}
export type Git = (call: GitCall) => Promise<GitResult>;

/** git could not be run to an exit code: time limit, kill, missing program. Callers that expect it catch it. */
export class GitTrouble extends Error {}

/** Time budgets: asking the object store, and everything that walks or writes a tree. */
export const READ_MS = 15_000;
export const WORK_MS = 120_000;

const STDOUT_BYTES = 512 * 1024 * 1024;

/**
 * Overrides of whatever a repository's own configuration says. Hooks, file monitors,
 * signing and background upkeep never run; submodules are never entered; stat data is trusted with ctime only.
 */
const FIXED_CONFIG = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.pager=cat',
  'core.fsync=committed,loose-object,reference',
  'core.trustctime=true',
  'core.checkStat=default',
  'core.protectHFS=true',
  'core.protectNTFS=true',
  'core.quotePath=true',
  'submodule.recurse=false',
  'commit.gpgSign=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'safe.bareRepository=explicit',
];

/** The environment of every git of ours: nothing is inherited. `tag` is how a later daemon finds a git that outlived us. */
export function gitEnvironment(options: {
  path: string;
  tag: string;
  globalConfig?: string;
  sshAuthSock?: string;
}): Record<string, string> {
  return {
    PATH: options.path,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: options.globalConfig ?? '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/nonexistent',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_CEILING_DIRECTORIES: '/',
    GIT_AUTHOR_NAME: 'Codex Builder',
    GIT_AUTHOR_EMAIL: 'codex-builder@localhost',
    GIT_COMMITTER_NAME: 'Codex Builder',
    GIT_COMMITTER_EMAIL: 'codex-builder@localhost',
    CODEX_BUILDER_TAG: options.tag,
    ...(options.sshAuthSock === undefined ? {} : { SSH_AUTH_SOCK: options.sshAuthSock, GIT_SSH_COMMAND: 'ssh -oBatchMode=yes' }),
  };
}

/**
 * A runner of git with one environment. Each call is a process group of its own with a time budget.
 * `protocols` names what transports may be used (none by default); `prefix` is put before `git`, for another user.
 */
export function createGit(options: {
  gitDir: string;
  environment: Readonly<Record<string, string>>;
  protocols?: readonly string[];
  prefix?: readonly string[];
}): Git {
  const transports = ['protocol.allow=never', ...(options.protocols ?? []).map((name) => `protocol.${name}.allow=always`)];
  return async (call) => {
    const argv: [string, ...string[]] = [
      ...(options.prefix ?? []),
      'git',
      `--git-dir=${call.gitDir ?? options.gitDir}`,
      ...(call.workTree === undefined ? [] : [`--work-tree=${call.workTree}`]),
      ...[...FIXED_CONFIG, ...transports, ...(call.config ?? [])].flatMap((setting) => ['-c', setting]),
      ...call.args,
    ] as [string, ...string[]];
    call.signal?.throwIfAborted();
    const ended = await runProgram({
      argv,
      cwd: call.cwd ?? '/',
      env: { ...options.environment, ...call.env },
      stdin: call.stdin,
      timeoutMs: call.timeoutMs ?? READ_MS,
      signal: call.signal,
      ...(call.onStdout ? { onStdout: call.onStdout } : { captureStdoutBytes: STDOUT_BYTES }),
    });
    call.signal?.throwIfAborted();
    if (ended.end !== 'exited')
      throw new GitTrouble(`git ${call.args[0]} did not finish: ${ended.end}${ended.end === 'not_started' ? ` (${ended.detail})` : ''}`);
    return { code: ended.code, stdout: ended.stdout ?? Buffer.alloc(0), stderr: ended.stderrTail.trim() };
  };
}

/** Standard output of a git that must succeed, as text without the final newline. */
export async function gitText(git: Git, call: GitCall): Promise<string> {
  return (await gitBytes(git, call)).toString('utf8').trimEnd();
}

/** Standard output of a git that must succeed. */
export async function gitBytes(git: Git, call: GitCall): Promise<Buffer> {
  const result = await git(call);
  if (result.code !== 0) throw new GitTrouble(`git ${call.args.slice(0, 3).join(' ')} ended with ${result.code}: ${result.stderr}`);
  return result.stdout;
}
