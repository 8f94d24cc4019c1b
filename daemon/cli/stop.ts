import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stateOf } from './choose-daemon.ts';
import { EXIT } from './outcome.ts';
import { noteOf, startTimeOf } from './running-daemons.ts';

const STOP_MS = 20_000;

type Environment = Readonly<Record<string, string | undefined>>;
type Ended = 'stopped' | 'not_running' | 'did_not_stop' | 'no_answer';

const WORDS = {
  daemon: { stopped: 'The daemon has stopped.', not_running: 'No daemon runs' },
  gateway: { stopped: 'The gateway and its releases have stopped.', not_running: 'No gateway runs' },
} as const;

/** Ends the daemon by its signal and waits until it is gone; with `all` the gateway and its releases too. Works without a running daemon. `app` is what it is called for people. */
export async function stop(
  choice: { repo?: string | undefined; state?: string | undefined; all?: boolean | undefined; json?: boolean | undefined },
  env: Environment,
  app?: string,
): Promise<number> {
  const state = stateOf(choice, env);
  const isJson = choice.json === true;
  const say = (who: keyof typeof WORDS, ended: Ended) => {
    if (isJson || (ended !== 'stopped' && ended !== 'not_running')) return;
    process.stdout.write(`${WORDS[who][ended]}${ended === 'not_running' ? ` for ${app ?? state}.` : ''}\n`);
  };
  const daemon = await endDaemon(state);
  say('daemon', daemon);
  const gateway = daemon === 'did_not_stop' || choice.all !== true ? undefined : await endGateway(state);
  if (gateway !== undefined) say('gateway', gateway);
  if (isJson) process.stdout.write(`${JSON.stringify({ state, daemon, ...(gateway === undefined ? {} : { gateway }) })}\n`);
  if (daemon === 'did_not_stop') return EXIT.internal;
  return gateway === 'no_answer' ? EXIT.unreachable : 0;
}

async function endDaemon(state: string): Promise<Ended> {
  const note = noteOf(state);
  if (note === undefined) return 'not_running';
  const { pid, startTime } = note;
  // A daemon that was killed leaves its note behind, and its number to somebody else.
  if (startTimeOf(pid) !== startTime || !signal(pid, 'SIGTERM')) return 'not_running';
  const until = performance.now() + STOP_MS;
  while (startTimeOf(pid) === startTime && performance.now() < until) await delay(50);
  if (startTimeOf(pid) !== startTime) return 'stopped';
  process.stderr.write(`The daemon (process ${pid}) did not stop within ${STOP_MS / 1000} s.\n`);
  return 'did_not_stop';
}

function endGateway(state: string): Promise<Ended> {
  const socket = join(state, 'run', 'gateway.sock');
  if (!existsSync(socket)) return Promise.resolve('not_running');
  return new Promise((resolve) => {
    const call = request(
      { socketPath: socket, method: 'POST', path: '/shutdown', headers: { 'content-type': 'application/json' } },
      (reply) => {
        reply.resume();
        reply.on('end', () => resolve('stopped'));
      },
    );
    call.on('error', (error) => {
      process.stderr.write(`The gateway does not answer: ${error.message}\n`);
      resolve('no_answer');
    });
    call.end('{}');
  });
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
