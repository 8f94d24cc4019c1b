import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessOutcome, SandboxMount, SandboxProcess, SandboxRequest } from '../../ports.ts';
import { killUntilNone, pidsMarked, TAG_VARIABLE } from '../process-facts.ts';
import { spawnProgram } from '../spawn.ts';
import type { BridgeConfig } from './bridge-config.ts';
import { listenFor } from './listening-socket.ts';

const MARK_VARIABLE = 'CODEX_BUILDER_SANDBOX';
const LISTENER_FD = 3;

/**
 * Runs a program with nothing between it and the host: for demonstrations on machines that can do no better. There are no mounts, so paths
 * inside mean the host's where the request names one (`cwd`) and nothing elsewhere; ports are the host's, so two slots must not share one.
 */
export function startUnconfined(host: { folder: string; nodePath: string; launcherPath: string }, request: SandboxRequest): SandboxProcess {
  const config: BridgeConfig = {};
  if (request.net.kind === 'relay') config.out = { port: request.net.port, socket: request.net.socket };
  const listener = request.expose && listenFor(request.expose.socket);
  if (listener && 'detail' in listener) {
    return {
      pid: 0,
      ended: Promise.resolve({ end: 'not_started', detail: listener.detail, durationMs: 0, stderrTail: '', survivors: [] }),
    };
  }
  if (request.expose) config.in = { fd: LISTENER_FD, port: request.expose.port };
  const needsLauncher = config.in !== undefined || config.out !== undefined;
  const home = join(host.folder, 'home');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const mark = randomBytes(12).toString('hex');
  const toLog = request.log && ((chunk: Buffer) => request.log?.write(chunk));
  const program = spawnProgram({
    argv: needsLauncher ? [host.nodePath, host.launcherPath, JSON.stringify(config), '--', ...request.argv] : request.argv,
    cwd: onHost(request.cwd, request.mounts),
    env: {
      PATH: hostPath(host.nodePath),
      HOME: home,
      TMPDIR: '/tmp',
      LANG: 'C.UTF-8',
      ...request.env,
      [TAG_VARIABLE]: request.tag,
      [MARK_VARIABLE]: mark,
    },
    stdin: request.stdin,
    onStdout: request.onStdout ?? toLog,
    onStderr: request.onStderr ?? toLog,
    outputBytes: request.outputBytes,
    timeoutMs: request.timeoutMs,
    signal: request.signal,
    extra: listener ? [{ kind: 'fd', fd: listener.fd }] : [],
  });
  listener?.handOver();
  const ended = program.ended.then(async ({ stdout: _, ...outcome }): Promise<ProcessOutcome> => {
    // Whoever left the process group still carries the mark, unless it cleared its environment: this provider cannot do better.
    const survivors = await killUntilNone(() => pidsMarked(`${MARK_VARIABLE}=${mark}`), 2_000);
    return { ...outcome, survivors: [...outcome.survivors, ...survivors] };
  });
  return { pid: program.pid ?? 0, ended };
}

/** PATH of programs that run on the host: the node that runs us first. */
export function hostPath(nodePath: string): string {
  return [...new Set([dirname(nodePath), '/usr/local/bin', '/usr/bin', '/bin'])].join(':');
}

function onHost(path: string, mounts: readonly SandboxMount[]): string {
  const mount = mounts
    .filter(({ inside }) => path === inside || path.startsWith(`${inside}/`))
    .sort((a, b) => b.inside.length - a.inside.length)[0];
  return mount === undefined ? path : join(mount.host, path.slice(mount.inside.length));
}
