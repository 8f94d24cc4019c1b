import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { parseEnv } from 'node:util';
import { type ProcessId, readProcess, TAG } from './processes.ts';
import type { StartRequest } from './state-file.ts';

export type LaunchOutcome = { ok: true; process: ProcessId } | { ok: false; detail: string };

/** Starts a release in a session of its own, its output appended to its log. `onExit` is called once, when the started process ends. */
export async function launch(request: StartRequest, port: number, tag: string, onExit: (how: string) => void): Promise<LaunchOutcome> {
  let log: number | undefined;
  try {
    const env = environmentOf(request, port, tag);
    mkdirSync(dirname(request.logFile), { recursive: true, mode: 0o700 });
    log = openSync(request.logFile, 'a', 0o600);
    const [program, ...rest] = request.argv;
    const child = spawn(program!, rest, { cwd: request.cwd, env, detached: true, stdio: ['ignore', log, log] });
    child.once('exit', (code, signal) => onExit(signal ? `signal ${signal}` : `exit code ${code}`));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    const fact = readProcess(child.pid!);
    if (!fact) return { ok: false, detail: 'the program ended at once' };
    return { ok: true, process: { pid: fact.pid, startTime: fact.startTime } };
  } catch (error) {
    return { ok: false, detail: (error as Error).message };
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

/** The release's whole environment. Nothing of ours is inherited; what the gateway decides cannot be overridden. */
function environmentOf(request: StartRequest, port: number, tag: string): Record<string, string> {
  const secret = request.envFile === undefined ? {} : parseEnv(readFileSync(request.envFile, 'utf8'));
  return {
    NODE_ENV: 'production',
    ...request.env,
    ...(secret as Record<string, string>),
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: request.dataDir,
    RELEASE_ID: request.releaseId,
    RELEASE_COMMIT: request.commit,
    [TAG]: tag,
  };
}

/** A port of the loopback interface that nobody listens on now: `preferred` when it is one. */
export async function freePort(preferred: number | undefined, taken: ReadonlySet<number>): Promise<number> {
  if (preferred !== undefined && (await canListen(preferred)) === preferred) return preferred;
  for (let tries = 0; tries < 50; tries += 1) {
    const port = await canListen(0);
    if (port !== undefined && !taken.has(port)) return port;
  }
  throw new Error('no free port on the loopback interface');
}

function canListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
