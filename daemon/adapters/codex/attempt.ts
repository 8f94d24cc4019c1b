import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptOutcome, AttemptRequest, Clock, Log, ProcessOutcome, Sandbox } from '../../ports.ts';
import { writeCodexHome } from './codex-home.ts';
import { openCommandBook } from './command-book.ts';
import { openHookRecords } from './hook-records.ts';
import { invocationOf, untrustedFolders } from './invocation.ts';
import { type CodexLine, readCodexLine } from './json-lines.ts';
import { splitLines } from './lines.ts';
import { openLiveLog } from './live-log.ts';
import { createMeter, type Meter, type Prices } from './meter.ts';
import type { Relay } from './relay.ts';
import { startStallWatch } from './stall-watch.ts';

/** Codex cuts a command's output at 1 MiB, which JSON can make several times larger. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** Mount points that Codex's own sandbox leaves behind in a worktree. */
const LEFTOVERS = ['.agents', '.aws', '.codex'];

export interface AttemptParts {
  sandbox: Sandbox;
  relay: Relay;
  relaySocket: string;
  codexBinary: string;
  model: string;
  reasoning?: string;
  prices?: Prices;
  clock: Clock;
  log: Log;
}

/** What one run of the program came to, before it is judged. */
interface Turn {
  process: ProcessOutcome;
  meter: Meter;
  threadId?: string;
  answer?: string;
  completed: boolean;
  failure?: string;
  stalled: boolean;
}

/** Runs one turn to its end. A thread that Codex no longer knows is started anew with the same brief. */
export async function runAttempt(parts: AttemptParts, request: AttemptRequest): Promise<AttemptOutcome> {
  const startedElapsed = parts.clock.elapsed();
  let turn = await runTurn(parts, request, request.threadId);
  if (request.threadId !== undefined && !turn.completed && /no rollout found/.test(turn.process.stderrTail)) {
    request.log.write(`[the thread ${request.threadId} is no longer known to Codex; a new one continues in the same folder]\n`);
    parts.log('warn', 'agent thread lost, starting anew', { runId: request.runId, attempt: request.attempt });
    turn = await runTurn(parts, request, undefined);
  }
  return judge(turn, Math.round(parts.clock.elapsed() - startedElapsed));
}

async function runTurn(parts: AttemptParts, request: AttemptRequest, threadId: string | undefined): Promise<Turn> {
  const { sandbox, relay, clock, log } = parts;
  const model = request.model ?? parts.model;
  const folders = await writeCodexHome({
    folder: request.codexHome,
    model,
    reasoning: request.reasoning ?? parts.reasoning,
    answerSchema: request.answerSchema,
    inputs: request.inputs,
    untrusted: untrustedFolders(request.gitDir),
  });
  await sandbox.own(request.codexHome, request.seat);

  const live = openLiveLog(request.log);
  const book = openCommandBook(clock, (command) => {
    live.command(command);
    request.onCommand(command);
  });
  const stall = new AbortController();
  const watch = startStallWatch(clock, request.stallMs, () => stall.abort());
  const records = openHookRecords(
    folders.records,
    (record) => {
      watch.touch();
      book.hooked(record);
    },
    log,
  );
  const meter = createMeter({
    budget: request.budget,
    prices: parts.prices,
    onUsage: request.onUsage,
    onCall: (call) => book.asked(call),
    onOutput(callId, text) {
      records.drain();
      book.answered(callId, text);
    },
    onActivity: () => watch.touch(),
  });

  const turn: Omit<Turn, 'process'> = { meter, threadId, completed: false, stalled: false };
  const take = (line: CodexLine) => {
    live.line(line);
    if (line.type === 'thread') {
      turn.threadId = line.threadId;
      request.onThread(line.threadId);
    } else if (line.type === 'message') turn.answer = line.text;
    else if (line.type === 'turn_completed') turn.completed = true;
    else if (line.type === 'turn_failed') turn.failure = line.message;
    else if (line.type === 'command') {
      records.drain();
      book.line(line);
    }
  };
  const lines = splitLines(
    MAX_LINE_BYTES,
    (text) => {
      const line = readCodexLine(text);
      if (line) take(line);
    },
    () => log('warn', 'a JSON line of Codex was too long and is left out', { runId: request.runId }),
  );

  const guest = relay.admit(meter);
  try {
    const invocation = await invocationOf({ ...parts, request, model, threadId, inputs: folders.inputs, token: guest.token });
    const process = await sandbox.run({
      ...invocation,
      onStdout(chunk) {
        watch.touch();
        request.transcript.write(chunk);
        lines.push(chunk);
      },
      onStderr: () => watch.touch(),
      signal: AbortSignal.any([request.signal, stall.signal]),
    });
    lines.end();
    records.drain();
    return { ...turn, process, stalled: stall.signal.aborted && !request.signal.aborted };
  } finally {
    watch.stop();
    guest.dismiss();
    records.close();
    book.close();
    live.close();
    await removeLeftovers(request.worktree);
  }
}

function judge(turn: Turn, durationMs: number): AttemptOutcome {
  const { process, meter, threadId, answer, completed, failure, stalled } = turn;
  const facts = { threadId, usage: meter.usage, durationMs, survivors: process.survivors };
  if (process.end === 'exited' && process.code === 0 && completed && failure === undefined)
    return { ...facts, end: 'finished', answer: answer ?? '' };
  if (stalled) return { ...facts, end: 'stalled' };
  if (process.end === 'stopped') return { ...facts, end: 'stopped' };
  if (process.end === 'timed_out') return { ...facts, end: 'timed_out' };
  if (meter.overBudget !== undefined) return { ...facts, end: 'over_budget', detail: meter.overBudget };
  if (meter.failure) return { ...facts, end: 'failed', ...meter.failure };
  return { ...facts, end: 'failed', reason: 'crashed', detail: [failure, howItEnded(process)].filter(Boolean).join('; ') };
}

function howItEnded(process: ProcessOutcome): string {
  const tail = process.stderrTail.trim().slice(-1_000);
  switch (process.end) {
    case 'exited':
      return `Codex exited with code ${process.code}: ${tail}`;
    case 'signaled':
      return `Codex was killed by ${process.signal}`;
    case 'not_started':
      return `Codex could not be started: ${process.detail}`;
    default:
      return `Codex ended as ${process.end}`;
  }
}

async function removeLeftovers(worktree: string): Promise<void> {
  for (const name of LEFTOVERS) {
    // Only an empty folder goes; one with content, a file or none is somebody's own.
    await rmdir(join(worktree, name)).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(error.code ?? '')) throw error;
    });
  }
}
