import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AttemptRequest, SandboxMount, SandboxRequest } from '../../ports.ts';
import { packageFolderOf } from './binary.ts';
import { INSIDE, RELAY_PORT, TOKEN_VARIABLE } from './codex-home.ts';

/** Far more than a turn writes; a loop that prints forever ends here. */
const OUTPUT_BYTES = 512 * 1024 * 1024;

export interface Invocation {
  request: AttemptRequest;
  codexBinary: string;
  model: string;
  threadId: string | undefined;
  /** Folder with copies of the request's inputs. */
  inputs: string;
  relaySocket: string;
  token: string;
}

/** One turn of `codex exec`, confined: what it may see, reach and read. */
export async function invocationOf({
  request,
  codexBinary,
  model,
  threadId,
  inputs,
  relaySocket,
  token,
}: Invocation): Promise<Omit<SandboxRequest, 'signal'>> {
  const pointer = join(request.worktree, '.git');
  const hasPointer = await lstat(pointer).then(
    () => true,
    () => false,
  );
  const mounts: SandboxMount[] = [
    { host: packageFolderOf(codexBinary), inside: packageFolderOf(codexBinary), mode: 'ro' },
    { host: request.gitDir, inside: request.gitDir, mode: 'ro' },
    { host: request.worktree, inside: INSIDE.worktree, mode: 'rw' },
    ...(hasPointer ? [{ host: pointer, inside: `${INSIDE.worktree}/.git`, mode: 'ro' } as const] : []),
    { host: request.codexHome, inside: INSIDE.home, mode: 'rw' },
    { host: inputs, inside: INSIDE.inputs, mode: 'ro' },
  ];
  return {
    tag: `${request.runId}/attempt/${request.attempt}`,
    seat: request.seat,
    argv: [codexBinary, ...argumentsOf(request, model, threadId)],
    cwd: INSIDE.worktree,
    mounts,
    env: {
      CODEX_HOME: INSIDE.home,
      [TOKEN_VARIABLE]: token,
      GIT_OPTIONAL_LOCKS: '0',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
    },
    net: { kind: 'relay', socket: relaySocket, port: RELAY_PORT },
    stdin: request.brief,
    timeoutMs: request.timeoutMs,
    outputBytes: OUTPUT_BYTES,
    nestedSandbox: true,
  };
}

/** Nothing is remembered by a thread: model, sandbox and folder are said every time. */
function argumentsOf({ inputs }: AttemptRequest, model: string, threadId: string | undefined): readonly string[] {
  const images = inputs.filter((input) => input.image).map(({ name }) => `--image=${INSIDE.inputs}/${basename(name)}`);
  return [
    'exec',
    '--json',
    '--strict-config',
    '--color',
    'never',
    '-m',
    model,
    '-s',
    'workspace-write',
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
