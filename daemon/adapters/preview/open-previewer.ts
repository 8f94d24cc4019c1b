import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, HttpProbe, Log, Previewer, PreviewOutcome, PreviewRequest, ProcessOutcome, Sandbox } from '../../ports.ts';
import { httpProbe } from '../http-probe.ts';

export interface PreviewerOptions {
  sandbox: Sandbox;
  gateway: { setPreview(host: string, target: { unix: string; epoch?: string } | undefined): Promise<void> };
  /** Private folder for the sockets and a note per slot; keep it short: a socket's path has 107 bytes. */
  runFolder: string;
  /** Address of a slot as people open it, for example `http://preview1.localhost:4401`. */
  urlFor(slot: string): string;
  clock: Clock;
  log: Log;
}

/** Port of the app in its own network namespace, the same for every slot. */
const INSIDE_PORT = 3000;
const LOOK_MS = 50;
const ONE_MS = 5_000;
const NEEDED = 2;
/** How often a preview that listens is asked for its health. */
const WATCH_MS = 15_000;
/** A preview ends with its lease, long before this. */
const LONGEST_MS = 14 * 24 * 3_600_000;

interface Running {
  runId: string;
  tag: string;
  socket: string;
  health: 'starting' | 'healthy' | 'unhealthy';
  abort: AbortController;
  ended: Promise<ProcessOutcome>;
  unwatch: () => void;
}

/** Runs the app of each slot in the sandbox, behind a unix socket that the gateway is pointed at once it is healthy. */
export function openPreviewer(options: PreviewerOptions): Previewer {
  const { sandbox, gateway, runFolder, urlFor, clock, log } = options;
  const running = new Map<string, Running>();
  let tellEnded: (slot: string, runId: string, detail: string) => void = () => {};

  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  const hostOf = (slot: string) => new URL(urlFor(slot)).hostname;
  const authorityOf = (slot: string) => new URL(urlFor(slot)).host;
  const noteOf = (slot: string) => join(runFolder, `${slot}.tag`);

  async function stop(slot: string): Promise<readonly number[]> {
    const own = running.get(slot);
    running.delete(slot);
    own?.unwatch();
    own?.abort.abort();
    const outcome = await own?.ended;
    // After a restart nobody remembers the process; the note does.
    const tag = own?.tag ?? noteOn(noteOf(slot));
    const swept = tag === undefined ? [] : await sandbox.sweep(tag);
    const survivors = [...new Set([...(outcome?.survivors ?? []), ...swept])];
    if (survivors.length === 0) rmSync(noteOf(slot), { force: true });
    await gateway.setPreview(hostOf(slot), undefined);
    return survivors;
  }

  function probe(slot: string, socket: string, path: string, timeoutMs: number): Promise<HttpProbe> {
    return httpProbe({ socketPath: socket }, { authority: authorityOf(slot), path, timeoutMs });
  }

  function launch(request: PreviewRequest): Running {
    const { runId, slot } = request;
    const tag = `${runId}/preview/${slot}`;
    const folder = join(runFolder, slot);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const socket = join(folder, 's');
    writeFileSync(noteOf(slot), tag, { mode: 0o600 });
    const abort = new AbortController();
    const { ended } = sandbox.start({
      tag,
      seat: request.seat,
      argv: ['/bin/sh', '-c', request.command],
      cwd: request.cwd ?? '/app',
      mounts: [
        { host: request.worktree, inside: '/app', mode: 'rw' },
        { host: request.dataFolder, inside: '/data', mode: 'rw' },
        ...(request.mounts ?? []),
      ],
      // Vite's dev server answers to no other name than localhost unless it is told.
      env: {
        NODE_ENV: 'development',
        __VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS: hostOf(slot),
        ...request.env,
        PORT: String(INSIDE_PORT),
        HOST: '127.0.0.1',
        DATA_DIR: '/data',
      },
      net: { kind: 'none' },
      expose: { port: INSIDE_PORT, socket },
      log: request.log,
      timeoutMs: LONGEST_MS,
      signal: abort.signal,
    });
    const own: Running = { runId, tag, socket, health: 'starting', abort, ended, unwatch: () => {} };
    running.set(slot, own);
    return own;
  }

  async function awaitHealth(request: PreviewRequest, own: Running): Promise<PreviewOutcome | undefined> {
    let over: ProcessOutcome | undefined;
    void own.ended.then((outcome) => {
      over = outcome;
    });
    const deadline = clock.elapsed() + request.health.timeoutMs;
    let good = 0;
    let last: HttpProbe | undefined;
    for (;;) {
      if (request.signal.aborted || own.abort.signal.aborted) return { end: 'failed', why: 'stopped', detail: 'stopped' };
      if (over) return { end: 'failed', why: 'exited', detail: describe(over) };
      const left = deadline - clock.elapsed();
      if (left <= 0) return tooLate(request, last);
      const within = Math.min(left, ONE_MS);
      const now = await Promise.race([probe(request.slot, own.socket, request.health.path, within), own.ended.then(() => undefined)]);
      good = isGood(now) ? good + 1 : 0;
      // The last one may have had no time left to be answered: what the app says of itself tells more.
      if (now?.end === 'answered' || last?.end !== 'answered') last = now;
      if (good === NEEDED) return undefined;
      await delay(LOOK_MS);
    }
  }

  /** From now on an end that nobody asked for is told, and a preview that hangs shows. */
  function look(request: PreviewRequest, own: Running): void {
    const { slot, runId } = request;
    const again = () => {
      own.unwatch = clock.after(WATCH_MS, () => {
        void probe(slot, own.socket, request.health.path, ONE_MS).then((answer) => {
          own.health = isGood(answer) ? 'healthy' : 'unhealthy';
          if (running.get(slot) === own) again();
        });
      });
    };
    again();
    void own.ended.then(async (outcome) => {
      if (running.get(slot) !== own) return;
      running.delete(slot);
      own.unwatch();
      await gateway
        .setPreview(hostOf(slot), undefined)
        .catch((error: Error) => log('error', 'preview cannot be taken off', { slot, detail: error.message }));
      tellEnded(slot, runId, describe(outcome));
    });
  }

  return {
    async start(request) {
      const survivors = await stop(request.slot);
      if (survivors.length > 0)
        return { end: 'failed', why: 'stopped', detail: `processes of an earlier preview cannot be ended: ${survivors.join(', ')}` };
      if (request.signal.aborted) return { end: 'failed', why: 'stopped', detail: 'stopped' };
      await sandbox.own(request.worktree, request.seat);
      await sandbox.own(request.dataFolder, request.seat);
      const own = launch(request);
      const failure = await awaitHealth(request, own);
      if (failure) {
        if (running.get(request.slot) === own) await stop(request.slot);
        return failure;
      }
      own.health = 'healthy';
      await gateway.setPreview(hostOf(request.slot), { unix: own.socket, epoch: request.runId });
      if (own.abort.signal.aborted) {
        // Stopped while it was being put on: the stop took off what was not there yet.
        await gateway.setPreview(hostOf(request.slot), undefined);
        return { end: 'failed', why: 'stopped', detail: 'stopped' };
      }
      look(request, own);
      return { end: 'listening', url: urlFor(request.slot), startedAt: clock.now() };
    },
    stop,
    health: (slot) => running.get(slot)?.health ?? 'stopped',
    async request(slot, path, timeoutMs) {
      const own = running.get(slot);
      if (!own) return { end: 'no_answer', detail: 'no preview is running', durationMs: 0 };
      return probe(slot, own.socket, path, timeoutMs);
    },
    urlOf: urlFor,
    onEnded(then) {
      tellEnded = then;
    },
  };
}

function isGood(probe: HttpProbe | undefined): boolean {
  return probe?.end === 'answered' && probe.status >= 200 && probe.status < 400;
}

function tooLate({ health }: PreviewRequest, last: HttpProbe | undefined): PreviewOutcome {
  const within = `within ${health.timeoutMs} ms`;
  if (last?.end === 'answered')
    return { end: 'failed', why: 'unhealthy', detail: `${health.path} answered ${last.status}, nothing better ${within}` };
  return { end: 'failed', why: 'never_listened', detail: `nothing answered on 127.0.0.1:$PORT ${within}` };
}

function describe(outcome: ProcessOutcome): string {
  const how =
    outcome.end === 'exited'
      ? `the preview ended with exit code ${outcome.code}`
      : outcome.end === 'signaled'
        ? `the preview was killed by ${outcome.signal}`
        : outcome.end === 'not_started'
          ? `the preview could not be started: ${outcome.detail}`
          : `the preview ended: ${outcome.end.replaceAll('_', ' ')}`;
  return outcome.stderrTail.trim() === '' ? how : `${how}: ${outcome.stderrTail.trim().slice(-2_000)}`;
}

function noteOn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
