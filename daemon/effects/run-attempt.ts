import * as z from 'zod/mini';
import type { EndReason } from '#shared/reasons.ts';
import { AgentAnswer } from '#shared/review.ts';
import type { Run } from '../core/run.ts';
import type { AttemptOutcome } from '../ports.ts';
import type { Context, Parts, RunHandler } from './parts.ts';
import { seatOf } from './seat.ts';

/** Turns of one run that a stopped daemon may cut off before the run fails. */
const MAX_ATTEMPTS = 6;

const ANSWER_SCHEMA = { ...z.toJSONSchema(AgentAnswer), $schema: undefined };

const CONTINUE =
  'You were cut off in the middle of this task. The files in /app are as you left them. Look at what is there, finish the task, and answer in the required shape.';
const MEND =
  'Your last answer did not have the required shape. Change no files. Answer again with exactly one JSON object: summary, files, risks, howToVerify, followUps.';

/** One Codex turn in the run's worktree. A turn that a crash cut off goes on in the same thread as a new attempt. */
export const runAttempt =
  (parts: Parts): RunHandler =>
  async (run, context) => {
    if (run.attempt >= MAX_ATTEMPTS) {
      context.finish({ type: 'report_failed', reason: 'AGENT_FAILED', detail: `The agent was cut off ${MAX_ATTEMPTS} times.` });
      return 'done';
    }
    let instruction = parts.artifacts.text(run.brief!)!;
    if (run.attempt > 0) {
      await parts.sandbox.sweep(`${run.id}/attempt`);
      context.report({ type: 'report_attempt_interrupted', fence: run.fence!, attempt: run.attempt });
      if (run.threadId !== undefined) instruction = CONTINUE;
    }
    let current = run;
    for (let turn = 0; turn < 2; turn++) {
      current = context.report({ type: 'report_attempt_started', fence: run.fence!, attempt: current.attempt + 1 });
      const outcome = await work(parts, context, current, instruction);
      if (outcome.survivors.length > 0)
        throw new Error(`the agent left processes that could not be ended: ${outcome.survivors.join(', ')}`);
      if (outcome.end !== 'finished') {
        if (context.signal.aborted) return 'done';
        const { reason, detail } = reasonFor(outcome);
        context.finish({ type: 'report_failed', reason, detail });
        return 'done';
      }
      const answer = readAnswer(outcome.answer);
      if (answer !== undefined) {
        context.finish({ type: 'report_answer', fence: run.fence!, attempt: current.attempt, answer, ...tokens(parts, outcome) });
        return 'done';
      }
      current = { ...current, threadId: outcome.threadId ?? current.threadId };
      instruction = MEND;
      if (turn === 0) context.report({ type: 'report_attempt_interrupted', fence: run.fence!, attempt: current.attempt });
    }
    context.finish({
      type: 'report_failed',
      reason: 'AGENT_OUTPUT_INVALID',
      detail: 'Codex answered twice in another shape than the one asked for.',
    });
    return 'done';
  };

async function work(parts: Parts, context: Context, run: Run, brief: string): Promise<AttemptOutcome> {
  const at = await parts.settingsAt(run.baseCommit!);
  if (!at.ok) throw new Error('the settings of the base were valid a moment ago');
  const { progress, queries, artifacts, folders, repository, limits } = parts;
  const attempt = run.attempt;
  const spent = queries.view(run).usage;
  const log = context.openLog('agent');
  const transcript = context.openLog(`agent-${attempt}.jsonl`);
  const screenshots = queries.context(run.id)?.screenshots ?? [];
  const outcome = await parts.agent.work({
    runId: run.id,
    attempt,
    seat: seatOf(run.slot!),
    worktree: run.worktree!,
    codexHome: folders.codexHome(run.id),
    gitDir: repository.gitDir,
    ...(run.threadId === undefined ? {} : { threadId: run.threadId }),
    brief,
    inputs: screenshots
      .filter((hash) => artifacts.has(hash))
      .map((hash, index) => ({ name: `screenshot-${index + 1}.png`, host: artifacts.pathOf(hash), image: true })),
    ...run.agent,
    budget: {
      ...(limits.budget.tokens === undefined ? {} : { tokens: Math.max(0, limits.budget.tokens - spent.inputTokens - spent.outputTokens) }),
      ...(limits.budget.costUsd === undefined ? {} : { costUsd: Math.max(0, limits.budget.costUsd - (spent.costUsd ?? 0)) }),
    },
    timeoutMs: at.settings.timeouts.agentMs,
    stallMs: limits.stallMs,
    answerSchema: ANSWER_SCHEMA,
    onThread: (threadId) => {
      if (threadId !== run.threadId && !context.signal.aborted)
        context.tryReport({ type: 'report_thread', fence: run.fence!, attempt, threadId });
    },
    onCommand: (command) => progress.command(run.id, attempt, command),
    onUsage: (usage) => {
      const cost = parts.costOf(usage);
      progress.usage(run.id, attempt, {
        input: usage.inputTokens,
        output: usage.outputTokens,
        ...(cost === undefined ? {} : { costUsd: cost }),
      });
    },
    log,
    transcript,
    signal: context.signal,
  });
  await Promise.all([log.close(), transcript.close()]);
  return outcome;
}

function tokens(parts: Parts, { usage }: AttemptOutcome) {
  const cost = parts.costOf(usage);
  return { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens, ...(cost === undefined ? {} : { costUsd: cost }) };
}

/** The answer, also when the model put it in a code fence. */
function readAnswer(text: string): AgentAnswer | undefined {
  const bare = text.trim().replace(/^```(?:json)?\s*([\s\S]*?)\s*```$/, '$1');
  try {
    const parsed = z.safeParse(AgentAnswer, JSON.parse(bare));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const FAILED: Record<Extract<AttemptOutcome, { end: 'failed' }>['reason'], EndReason> = {
  signed_out: 'AGENT_SIGNED_OUT',
  rate_limited: 'AGENT_RATE_LIMITED',
  unreachable: 'AGENT_UNREACHABLE',
  crashed: 'AGENT_FAILED',
};

function reasonFor(outcome: Exclude<AttemptOutcome, { end: 'finished' }>): { reason: EndReason; detail: string } {
  switch (outcome.end) {
    case 'timed_out':
      return { reason: 'PHASE_TIMEOUT', detail: 'The agent took longer than timeouts.agentMs and was stopped.' };
    case 'stalled':
      return { reason: 'AGENT_STALLED', detail: 'The agent produced no output for too long and was stopped.' };
    case 'over_budget':
      return { reason: 'BUDGET_EXCEEDED', detail: outcome.detail };
    case 'failed':
      return { reason: FAILED[outcome.reason], detail: outcome.detail };
    case 'stopped':
      return { reason: 'AGENT_FAILED', detail: 'The agent was stopped.' };
  }
}
