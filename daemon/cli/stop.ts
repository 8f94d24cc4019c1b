import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stateOf } from './connect.ts';
import { ERRORS } from './outcome.ts';

const STOP_MS = 20_000;

/** Ends the daemon by its signal and waits until it is gone; with `all` the gateway and its releases too. Works without a running daemon. */
export async function stop(
  choice: { repo?: string | undefined; state?: string | undefined; all?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const state = stateOf(choice, env);
  const file = join(state, 'daemon.json');
  if (existsSync(file)) {
    const { pid, startTime } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; startTime: string };
    // A daemon that was killed leaves its note behind, and its number to somebody else.
    if (startTimeOf(pid) !== startTime) process.stdout.write('No daemon runs.\n');
    else if (signal(pid, 'SIGTERM')) {
      const until = performance.now() + STOP_MS;
      while (signal(pid, 0) && performance.now() < until) await delay(50);
      if (signal(pid, 0)) {
        process.stderr.write(`The daemon (process ${pid}) did not stop within ${STOP_MS / 1000} s.\n`);
        return ERRORS.internal;
      }
      process.stdout.write('The daemon has stopped.\n');
    }
  } else process.stdout.write('No daemon runs.\n');
  if (choice.all !== true) return 0;
  const socket = join(state, 'run', 'gateway.sock');
  if (!existsSync(socket)) {
    process.stdout.write('No gateway runs.\n');
    return 0;
  }
  return new Promise((resolve) => {
    const call = request(
      { socketPath: socket, method: 'POST', path: '/shutdown', headers: { 'content-type': 'application/json' } },
      (reply) => {
        reply.resume();
        reply.on('end', () => {
          process.stdout.write('The gateway and its releases have stopped.\n');
          resolve(0);
        });
      },
    );
    call.on('error', (error) => {
      process.stderr.write(`The gateway does not answer: ${error.message}\n`);
      resolve(ERRORS.unreachable);
    });
    call.end('{}');
  });
}

/** Start of a process in clock ticks since boot (proc(5), field 22); undefined when there is none. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return undefined;
    throw error;
  }
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
