import { closeSync, openSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import type { ProcessOutcome } from '../ports.ts';
import { killUntilNone, pidsOfGroup, sendSignal, startTimeOf } from './process-facts.ts';
import { readPipe } from './read-pipe.ts';

/** What fd 3, 4, … of the program are: text it reads to its end, a pipe we read, one of our own descriptors, or `/dev/null`. */
export type ExtraDescriptor =
  | { kind: 'write'; data: string }
  | { kind: 'read'; onData: (chunk: Buffer) => void }
  | { kind: 'fd'; fd: number }
  | { kind: 'none' };

/** A program to run. Nothing is inherited but what stands here. */
export interface ProgramRequest {
  argv: readonly [string, ...string[]];
  cwd: string;
  /** The whole environment. `argv[0]` is looked up in its PATH. */
  env: Readonly<Record<string, string>>;
  /** Given to the program, then ended. Without it standard input is empty. */
  stdin?: string;
  onStdout?: (chunk: Buffer) => void;
  onStderr?: (chunk: Buffer) => void;
  /** Keeps standard output in memory for the outcome; more than this floods. */
  captureStdoutBytes?: number;
  /** Kills the program when it has written more than this to stdout and stderr together. */
  outputBytes?: number;
  extra?: readonly ExtraDescriptor[];
  timeoutMs: number;
  /** Between SIGTERM and SIGKILL when it must end; 0 kills at once. Default 5000. */
  graceMs?: number;
  signal?: AbortSignal;
}

/** How it ended, and what it wrote when that was to be captured. */
export type ProgramOutcome = ProcessOutcome & { stdout?: Buffer };

/** A program that may still be running. */
export interface RunningProgram {
  /** Also the number of its process group. Undefined when it could not be started. */
  pid: number | undefined;
  /** Settles when it and its group are gone, whoever still holds its pipes. */
  ended: Promise<ProgramOutcome>;
}

const STDERR_TAIL_BYTES = 8 * 1024;
const DEFAULT_GRACE_MS = 5_000;
const KILL_WITHIN_MS = 2_000;

type Demand = 'timed_out' | 'stopped' | 'flooded';
type Ending =
  | { end: 'exited'; code: number }
  | { end: 'signaled'; signal: string }
  | { end: Demand }
  | { end: 'not_started'; detail: string };

/** Runs a program to its end. */
export function runProgram(request: ProgramRequest): Promise<ProgramOutcome> {
  return spawnProgram(request).ended;
}

/**
 * The one way to run a program: argv and never a shell, an environment of its own, a process group of its own.
 * The outcome is settled by the end of the process, not of its pipes. What is left of its group then is killed.
 */
export function spawnProgram(request: ProgramRequest): RunningProgram {
  const startedAt = performance.now();
  const stderrTail = createTail(STDERR_TAIL_BYTES);
  const captured: Buffer[] = [];
  const outcome = (ending: Ending, survivors: readonly number[] = []): ProgramOutcome => ({
    durationMs: performance.now() - startedAt,
    stderrTail: stderrTail.text(),
    survivors,
    ...(request.captureStdoutBytes === undefined ? {} : { stdout: Buffer.concat(captured) }),
    ...ending,
  });
  if (request.signal?.aborted) return { pid: undefined, ended: Promise.resolve(outcome({ end: 'stopped' })) };

  if (request.argv.some((argument) => argument.includes('\0'))) {
    return { pid: undefined, ended: Promise.resolve(outcome({ end: 'not_started', detail: 'an argument contains a null byte' })) };
  }
  const child = launch(request);
  const pid = child.pid;
  if (pid === undefined) return { pid, ended: child.then((result) => outcome({ end: 'not_started', detail: whyNotStarted(result) })) };

  const graceMs = request.graceMs ?? DEFAULT_GRACE_MS;
  let demand: { why: Demand; killAt: number } | undefined;
  let hasExited = false;
  let killTimer: NodeJS.Timeout | undefined;
  const demandEnd = (why: Demand) => {
    if (demand !== undefined) return;
    demand = { why, killAt: performance.now() + graceMs };
    if (hasExited) return;
    sendSignal(-pid, graceMs === 0 ? 'SIGKILL' : 'SIGTERM');
    killTimer = setTimeout(() => sendSignal(-pid, 'SIGKILL'), graceMs);
  };
  const timeout = setTimeout(() => demandEnd('timed_out'), request.timeoutMs);
  const stop = () => demandEnd('stopped');
  request.signal?.addEventListener('abort', stop, { once: true });

  const all = createAllowance(request.outputBytes, () => demandEnd('flooded'));
  const kept = createAllowance(request.captureStdoutBytes, () => demandEnd('flooded'));
  const readers = [
    readPipe(child.stdout, (chunk) => {
      const allowed = all(chunk);
      if (allowed.length > 0) request.onStdout?.(allowed);
      if (request.captureStdoutBytes !== undefined) captured.push(kept(allowed));
    }),
    readPipe(child.stderr, (chunk) => {
      const allowed = all(chunk);
      stderrTail.add(allowed);
      if (allowed.length > 0) request.onStderr?.(allowed);
    }),
  ];
  for (const [index, each] of (request.extra ?? []).entries()) {
    const stream = child.stdio[index + 3];
    if (each.kind === 'read') readers.push(readPipe(stream as Readable, each.onData));
    if (each.kind === 'write') giveText(stream as Writable, each.data);
  }
  if (request.stdin !== undefined) giveText(child.stdin as Writable, request.stdin);

  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => {
      hasExited = true;
      resolve(signal === null ? { end: 'exited', code: code ?? 0 } : { end: 'signaled', signal });
    });
  }).then(async (ending) => {
    clearTimeout(timeout);
    clearTimeout(killTimer);
    request.signal?.removeEventListener('abort', stop);
    const survivors = await endGroup(pid, demand);
    await Promise.all(readers.map((finish) => finish()));
    return outcome(demand === undefined ? ending : { end: demand.why }, survivors);
  });
  return { pid, ended };
}

/** A program that is to outlive us. */
export interface DetachedProgram {
  pid: number;
  /** See {@link startTimeOf}. */
  startTime: number;
}

/** Starts a program that outlives this process, in a session of its own, its output appended to a file. */
export async function startDetached(request: {
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
  outputFile: string;
}): Promise<DetachedProgram | { detail: string }> {
  const output = openSync(request.outputFile, 'a', 0o600);
  try {
    const [file, ...args] = request.argv;
    const child = execa(file, args, {
      ...CLEAN,
      cwd: request.cwd,
      env: request.env,
      stdio: ['ignore', output as Fd, output as Fd],
    });
    if (child.pid === undefined) return { detail: whyNotStarted(await child) };
    child.unref();
    const startTime = startTimeOf(child.pid);
    return startTime === undefined ? { detail: `${file} ended at once` } : { pid: child.pid, startTime };
  } finally {
    closeSync(output);
  }
}

/** Any descriptor works; execa's types list only the first ten. */
type Fd = 9;

const CLEAN = { extendEnv: false, detached: true, buffer: false, cleanup: false, reject: false, stripFinalNewline: false } as const;

function launch(request: ProgramRequest) {
  const wantsStdout = request.onStdout !== undefined || request.captureStdoutBytes !== undefined || request.outputBytes !== undefined;
  const [file, ...args] = request.argv;
  return execa(file, args, {
    ...CLEAN,
    cwd: request.cwd,
    env: request.env,
    stdio: [
      request.stdin === undefined ? 'ignore' : 'pipe',
      wantsStdout ? 'pipe' : 'ignore',
      'pipe',
      ...(request.extra ?? []).map((each) =>
        each.kind === 'fd' ? (each.fd as Fd) : each.kind === 'none' ? ('ignore' as const) : ('pipe' as const),
      ),
    ],
  });
}

/** Whoever of the group outlives its leader: when an end was demanded they keep the rest of the grace, then everyone is killed. */
async function endGroup(group: number, demand: { killAt: number } | undefined): Promise<readonly number[]> {
  // A session without a group of that number cannot be seen this way, so only an undisturbed end is spared the walk through /proc.
  if (demand === undefined && !sendSignal(-group, 0)) return [];
  // Zombies keep a group alive until somebody reaps them, but there is nobody to wait for.
  while (demand !== undefined && performance.now() < demand.killAt && pidsOfGroup(group).length > 0) await pause(20);
  sendSignal(-group, 'SIGKILL');
  return killUntilNone(() => pidsOfGroup(group), KILL_WITHIN_MS);
}

function createAllowance(limit: number | undefined, onExceeded: () => void): (chunk: Buffer) => Buffer {
  if (limit === undefined) return (chunk) => chunk;
  let left = limit;
  return (chunk) => {
    const allowed = chunk.subarray(0, left);
    left -= allowed.length;
    if (allowed.length < chunk.length) onExceeded();
    return allowed;
  };
}

function giveText(stream: Writable, text: string): void {
  // A program may end without having read its input; how it ended is what counts.
  stream.on('error', () => stream.destroy());
  stream.end(text);
}

function createTail(bytes: number): { add(chunk: Buffer): void; text(): string } {
  let tail = Buffer.alloc(0);
  return {
    add: (chunk) => {
      tail = Buffer.concat([tail, chunk]).subarray(-bytes);
    },
    text: () => tail.toString('utf8'),
  };
}

function whyNotStarted(result: { originalMessage?: string; code?: string }): string {
  return result.originalMessage ?? result.code ?? 'could not be started';
}
