import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DoorReply } from '#shared/api.ts';
import type { Client } from '#shared/client.ts';
import type { Run, RunState } from '#shared/run.ts';
import { connect } from '../../daemon/cli/connect.ts';
import { stop as stopCommand } from '../../daemon/cli/stop.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export interface DaemonProcess {
  control: string;
  gateway: string;
  gatewayPort: number;
  state: string;
  pid: number;
  /** Link that pairs a browser. */
  open: string;
  client: Client;
  stderr(): string;
  /** SIGKILL to the daemon alone, as a crash would. Settles when it is gone. */
  kill(): Promise<void>;
  /** It does nothing and answers nothing, as on a machine that is too busy, until what this answers is called. */
  pause(): () => void;
  /** SIGINT, as Ctrl-C. Answers the exit code. */
  interrupt(): Promise<number | null>;
}

/** Below those that a system gives to outgoing connections: what has a port keeps it while it is started anew. */
const PORTS = { from: 10_000, to: 32_000 };
const TRIES = 100;

/** A free loopback port. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`of ${TRIES} ports none was free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

/** Free ports for a daemon and its gateway. */
export async function freePorts(): Promise<{ control: number; gateway: number }> {
  return { control: await freePort(), gateway: await freePort() };
}

/** A state folder of its own, outside the temporary folder that Codex refuses to work in. */
export function stateFolder(): string {
  return mkdtempSync('/var/tmp/cb-test-');
}

/** Starts the daemon as people do, as a process of its own, and waits until it says it is ready. */
export async function startDaemon(options: {
  repo: string;
  state: string;
  ports: { control: number; gateway: number };
  env?: Record<string, string>;
}): Promise<DaemonProcess> {
  const { repo, state, ports } = options;
  const child: ChildProcess = spawn(
    process.execPath,
    [
      join(ROOT, 'scripts/start.mjs'),
      '--json',
      '--repo',
      repo,
      '--state',
      state,
      '--port',
      String(ports.control),
      '--gateway-port',
      String(ports.gateway),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], CODEX_BUILDER_DISK_FLOOR_BYTES: '1', ...options.env },
      detached: true,
    },
  );
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const ready = await new Promise<{ control: string; gateway: string; pid: number; open: string }>((done, fail) => {
    let text = '';
    child.stdout!.on('data', (chunk) => {
      text += chunk;
      const line = text.split('\n').find((candidate) => candidate.startsWith('{"ready":true'));
      if (line !== undefined) done(JSON.parse(line));
    });
    void ended.then((code) => fail(new Error(`the daemon ended with ${code} before it was ready:\n${stderr}`)));
  });
  const connection = connect({ state }, {});
  if (!connection.ok) throw new Error(connection.message);
  return {
    ...ready,
    gatewayPort: ports.gateway,
    state,
    client: connection.client,
    stderr: () => stderr,
    async kill() {
      process.kill(ready.pid, 'SIGKILL');
      await ended;
    },
    pause() {
      process.kill(ready.pid, 'SIGSTOP');
      return () => void process.kill(ready.pid, 'SIGCONT');
    },
    async interrupt() {
      process.kill(ready.pid, 'SIGINT');
      return ended;
    },
  };
}

/** Ends daemon, gateway and releases, and removes the folders. */
export async function endEverything(state: string, ...folders: string[]): Promise<void> {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = () => true;
  try {
    await stopCommand({ state, all: true }, {});
  } finally {
    process.stdout.write = write;
  }
  for (const folder of [state, ...folders]) rmSync(folder, { recursive: true, force: true });
}

/** Calls a door and answers its reply; a refusal is a failed test. */
export async function must<T>(call: Promise<{ ok: true; value: T } | { ok: false; message: string }>): Promise<T> {
  const result = await call;
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

export async function request(daemon: DaemonProcess, prompt: string, url?: string): Promise<Run> {
  return (await must(daemon.client.call('createRun', { body: { prompt, ...(url === undefined ? {} : { context: { url } }) } }))).run;
}

export function detailOf(daemon: DaemonProcess, runId: string): Promise<DoorReply<'getRun'>> {
  return must(daemon.client.call('getRun', { params: { id: runId } }));
}

/** Runs in whose prompt these words are, newest first. */
export async function findRuns(daemon: DaemonProcess, words: string): Promise<readonly Run[]> {
  return (await must(daemon.client.call('listRuns', { query: { q: words } }))).runs;
}

/** Waits until the run is in one of the states; a run that ends otherwise is a failed test, at once. */
export async function untilState(daemon: DaemonProcess, runId: string, ...states: RunState[]): Promise<Run> {
  const until = performance.now() + 90_000;
  for (;;) {
    const { run } = await detailOf(daemon, runId);
    if (states.includes(run.state)) return run;
    if (run.endedAt !== undefined || performance.now() > until) {
      throw new Error(
        `run is ${run.state} (${run.stage ?? ''} ${run.reason?.code ?? ''}: ${run.reason?.message ?? ''}), not ${states.join('/')}\n${daemon.stderr()}`,
      );
    }
    await delay(25);
  }
}

export async function untilReleases(
  daemon: DaemonProcess,
  when: (releases: DoorReply<'listReleases'>['releases']) => boolean,
  withinMs = 60_000,
): Promise<DoorReply<'listReleases'>['releases']> {
  const until = performance.now() + withinMs;
  for (;;) {
    const { releases } = await must(daemon.client.call('listReleases', {}));
    if (when(releases)) return releases;
    if (performance.now() > until) throw new Error(`releases: ${JSON.stringify(releases)}\n${daemon.stderr()}`);
    await delay(25);
  }
}

export function approve(daemon: DaemonProcess, run: Run) {
  return daemon.client.call('approveRun', { params: { id: run.id }, body: { headCommit: run.headCommit! } });
}

/** Every process whose environment carries a tag of this run. */
export function processesOf(runId: string): readonly { pid: number; cmdline: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
        return environment.includes(`CODEX_BUILDER_TAG=${runId}`)
          ? [{ pid: Number(name), cmdline: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') }]
          : [];
      } catch {
        return []; // it ended while we looked
      }
    });
}

/** What the gateway of a state folder says of itself. */
export function gatewayOf(state: string): Promise<{ pid: number; live: string }> {
  return new Promise((resolve, reject) => {
    const call = httpRequest({ socketPath: join(state, 'run/gateway.sock'), path: '/state' }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      reply.on('end', () => resolve(JSON.parse(text) as { pid: number; live: string }));
    });
    call.on('error', reject).end();
  });
}
