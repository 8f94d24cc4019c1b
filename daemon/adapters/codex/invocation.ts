import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AttemptRequest, SandboxMount, SandboxRequest } from '../../ports.ts';
import { packageFolderOf } from './binary.ts';
import { INSIDE } from './inside.ts';
import type { Passage } from './model-route.ts';

/** Far more than a turn writes; a loop that prints forever ends here. */
const OUTPUT_BYTES = 512 * 1024 * 1024;

export interface Invocation {
  request: AttemptRequest;
  codexBinary: string;
  model: string;
  threadId: string | undefined;
  /** Folder with copies of the request's inputs. */
  inputs: string;
  passage: Passage;
}

/** One turn of `codex exec`, confined: what it may see, reach and read. */
export async function invocationOf({
  request,
  codexBinary,
  model,
  threadId,
  inputs,
  passage,
}: Invocation): Promise<Omit<SandboxRequest, 'signal'>> {
  const pointer = join(request.worktree, '.git');
  const hasPointer = await lstat(pointer).then(
    () => true,
    () => false,
  );
  const mounts: SandboxMount[] = [
    { host: packageFolderOf(codexBinary), inside: packageFolderOf(codexBinary), mode: 'ro' },
    { host: request.gitDir, inside: request.gitDir, mode: 'ro' },
    { host: request.worktree, inside: INSIDE.worktree, mode: request.readOnly === true ? 'ro' : 'rw' },
    ...(request.mounts ?? []),
    ...(hasPointer ? [{ host: pointer, inside: `${INSIDE.worktree}/.git`, mode: 'ro' } as const] : []),
    { host: request.codexHome, inside: INSIDE.home, mode: 'rw' },
    { host: inputs, inside: INSIDE.inputs, mode: 'ro' },
  ];
  return {
    tag: `${request.runId}/attempt/${request.attempt}`,
    seat: request.seat,
    argv: [codexBinary, ...argumentsOf(request, model, threadId, passage.net.kind === 'relay')],
    cwd: INSIDE.worktree,
    mounts,
    env: {
      CODEX_HOME: INSIDE.home,
      ...passage.env,
      GIT_OPTIONAL_LOCKS: '0',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
    },
    net: passage.net,
    stdin: request.brief,
    timeoutMs: request.timeoutMs,
    outputBytes: OUTPUT_BYTES,
    nestedSandbox: true,
  };
}

/** Nothing is remembered by a thread: model, sandbox and folder are said every time. Where the settings have a profile of permissions, `-s` would put it aside. */
function argumentsOf(
  { inputs, readOnly }: AttemptRequest,
  model: string,
  threadId: string | undefined,
  hasNoProfile: boolean,
): readonly string[] {
  const images = inputs.filter((input) => input.image).map(({ name }) => `--image=${INSIDE.inputs}/${basename(name)}`);
  return [
    'exec',
    '--json',
    '--strict-config',
    '--color',
    'never',
    '-m',
    model,
    ...(hasNoProfile ? ['-s', readOnly === true ? 'read-only' : 'workspace-write'] : []),
    '-C',
    INSIDE.worktree,
    '--ignore-rules',
    '--dangerously-bypass-hook-trust',
    '--output-schema',
    INSIDE.schema,
    ...(threadId === undefined ? [...images, '-'] : ['resume', ...images, threadId, '-']),
  ];
}

/** Folders whose settings Codex could take for the project's own. */
export const untrustedFolders = (gitDir: string): readonly string[] => [INSIDE.worktree, gitDir, dirname(gitDir)];
