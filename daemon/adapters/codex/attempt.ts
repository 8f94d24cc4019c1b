import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptOutcome, AttemptRequest, Clock, Log, ProcessOutcome, Sandbox } from '../../ports.ts';
import { writeCodexHome } from './codex-home.ts';
import { openCommandBook } from './command-book.ts';
import type { CommandRules } from './command-rules.ts';
import { openHookRecords } from './hook-records.ts';
import { invocationOf, untrustedFolders } from './invocation.ts';
import { type CodexLine, readCodexLine } from './json-lines.ts';
import { splitLines } from './lines.ts';
import { openLiveLog } from './live-log.ts';
import { createMeter, type Meter, type ModelFailure, type Prices } from './meter.ts';
import type { ModelRoute } from './model-route.ts';
import { redacted, redactedSink } from './redacted-sink.ts';
import { startStallWatch } from './stall-watch.ts';

/** Codex cuts a command's output at 1 MiB, which JSON can make several times larger. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** Mount points that Codex's own sandbox leaves behind in a worktree. */
const LEFTOVERS = ['.agents', '.aws', '.codex'];

export interface AttemptParts {
  sandbox: Sandbox;
  route: ModelRoute;
  codexBinary: string;
  model: string;
  reasoning?: string;
  prices?: Prices;
  /** Judged before each command by the program in `judgeFolder`. */
  commands?: CommandRules;
  judgeFolder?: string;
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
  /** Why we ended it. */
  halted?: Halt;
}

type Halt = { why: 'stalled' | 'over_budget' } | { why: 'command_not_allowed'; detail: string };

/** Runs one turn to its end. A thread that Codex no longer knows is started anew with the same brief. */
export async function runAttempt(parts: AttemptParts, request: AttemptRequest): Promise<AttemptOutcome> {
  const startedElapsed = parts.clock.elapsed();
  let turn = await runTurn(parts, request, request.threadId);
  if (!('process' in turn)) return notAdmitted(turn.refused, Math.round(parts.clock.elapsed() - startedElapsed));
  if (request.threadId !== undefined && !turn.completed && /no rollout found/.test(turn.process.stderrTail)) {
    request.log.write(`[the thread ${request.threadId} is no longer known to Codex; a new one continues in the same folder]\n`);
    parts.log('warn', 'agent thread lost, starting anew', { runId: request.runId, attempt: request.attempt });
    turn = await runTurn(parts, request, undefined);
    if (!('process' in turn)) return notAdmitted(turn.refused, Math.round(parts.clock.elapsed() - startedElapsed));
  }
  return judge(turn, Math.round(parts.clock.elapsed() - startedElapsed));
}

async function runTurn(
  parts: AttemptParts,
  request: AttemptRequest,
  threadId: string | undefined,
): Promise<Turn | { refused: ModelFailure }> {
  const { sandbox, route, clock, log } = parts;
  const model = request.model ?? parts.model;
  const folders = await writeCodexHome({
    folder: request.codexHome,
    settings: {
      model,
      reasoning: request.reasoning ?? parts.reasoning,
      access: route.access,
      readOnly: request.readOnly === true,
      untrusted: untrustedFolders(request.gitDir),
    },
    answerSchema: request.answerSchema,
    inputs: request.inputs,
    rules: parts.commands,
    judgeFolder: parts.judgeFolder,
  });
  const halt = new AbortController();
  let halted: Halt | undefined;
  const end = (because: Halt) => {
    halted ??= because;
    halt.abort();
  };
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
  const passage = await route.enter({
    meter,
    codexHome: request.codexHome,
    threadId,
    timeoutMs: request.timeoutMs,
    onOverBudget: () => end({ why: 'over_budget' }),
  });
  if ('refused' in passage) return passage;

  const watch = startStallWatch(clock, request.stallMs, () => end({ why: 'stalled' }));
  const shown = redactedSink(request.log, passage.secrets);
  const transcript = redactedSink(request.transcript, passage.secrets);
  const live = openLiveLog(shown);
  const book = openCommandBook(clock, (command) => {
    const clean = { ...command, ...(command.output === undefined ? {} : { output: redacted(command.output, passage.secrets) }) };
    live.command(clean);
    request.onCommand(clean);
  });
  const records = openHookRecords(
    folders.records,
    (record) => {
      watch.touch();
      // What was asked for comes before that it begins.
      passage.drain();
      book.hooked(record);
      if (record.refused !== undefined && parts.commands?.onDenied === 'end')
        end({ why: 'command_not_allowed', detail: `${(record.command ?? record.tool).slice(0, 200)}: ${record.refused}` });
    },
    log,
  );

  const turn: Omit<Turn, 'process'> = { meter, threadId, completed: false };
  const take = (line: CodexLine) => {
    live.line(line);
    if (line.type === 'thread') {
      turn.threadId = line.threadId;
      passage.thread(line.threadId);
      request.onThread(line.threadId);
    } else if (line.type === 'message') turn.answer = line.text;
    else if (line.type === 'turn_completed') turn.completed = true;
    else if (line.type === 'turn_failed') {
      turn.failure = line.message;
      const failure = passage.failureOf(line.message);
      if (failure) meter.failed(failure);
    } else if (line.type === 'command') {
      records.drain();
      book.line(line);
    }
  };
  const lines = splitLines(
    MAX_LINE_BYTES,
    (text) => {
      passage.drain();
      const line = readCodexLine(text);
      if (line) take(line);
    },
    () => log('warn', 'a JSON line of Codex was too long and is left out', { runId: request.runId }),
  );

  try {
    await sandbox.own(request.codexHome, request.seat);
    const invocation = await invocationOf({ ...parts, request, model, threadId, inputs: folders.inputs, passage });
    const process = await sandbox.run({
      ...invocation,
      onStdout(chunk) {
        watch.touch();
        transcript.write(chunk);
        lines.push(chunk);
      },
      onStderr: () => watch.touch(),
      signal: AbortSignal.any([request.signal, halt.signal]),
    });
    lines.end();
    passage.drain();
    records.drain();
    return { ...turn, process, halted: request.signal.aborted ? undefined : halted };
  } finally {
    watch.stop();
    records.close();
    book.close();
    live.close();
    shown.end();
    transcript.end();
    await passage.leave();
    await removeLeftovers(request.worktree);
  }
}

function judge(turn: Turn, durationMs: number): AttemptOutcome {
  const { process, meter, threadId, answer, completed, failure, halted } = turn;
  const facts = { threadId, usage: meter.usage, durationMs, survivors: process.survivors };
  if (halted?.why === 'command_not_allowed') return { ...facts, end: 'failed', reason: halted.why, detail: halted.detail };
  if (process.end === 'exited' && process.code === 0 && completed && failure === undefined)
    return { ...facts, end: 'finished', answer: answer ?? '' };
  if (halted?.why === 'stalled') return { ...facts, end: 'stalled' };
  if (halted?.why === 'over_budget') return { ...facts, end: 'over_budget', detail: meter.overBudget ?? '' };
  if (process.end === 'stopped') return { ...facts, end: 'stopped' };
  if (process.end === 'timed_out') return { ...facts, end: 'timed_out' };
  if (meter.overBudget !== undefined) return { ...facts, end: 'over_budget', detail: meter.overBudget };
  if (meter.failure) return { ...facts, end: 'failed', ...meter.failure };
  return { ...facts, end: 'failed', reason: 'crashed', detail: [failure, howItEnded(process)].filter(Boolean).join('; ') };
}

function notAdmitted({ reason, detail }: ModelFailure, durationMs: number): AttemptOutcome {
  return { end: 'failed', reason, detail, durationMs, usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 }, survivors: [] };
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
