import * as z from 'zod/mini';
import type { EndReason } from '#shared/reasons.ts';
import { AgentAnswer } from '#shared/review.ts';
import type { Run } from '../core/run.ts';
import type { AttemptOutcome } from '../ports.ts';
import { allowanceFor } from './allowance.ts';
import { commitMessage } from './commit-message.ts';
import { forbiddenPaths } from './forbidden-paths.ts';
import { IDENTITY } from './identity.ts';
import { instructionFor } from './instruction.ts';
import type { Context, Parts, RunHandler } from './parts.ts';
import { seatOf } from './seat.ts';
import { setUp } from './set-up.ts';

/** How often a stopped daemon may cut a run's turns off before the run fails. */
const MAX_CUT_OFF = 6;

/** How often a run may be shown an answer that does not fit before it fails: once. */
const TURNS = 2;

const SafeAnswer = z.extend(AgentAnswer, { patch: z.string() });

const SCHEMA = { ...z.toJSONSchema(AgentAnswer), $schema: undefined };
const SAFE_SCHEMA = { ...z.toJSONSchema(SafeAnswer), $schema: undefined };

/** One Codex turn in the run's worktree. A turn that a crash cut off goes on in the same thread as a new attempt. */
export const runAttempt =
  (parts: Parts): RunHandler =>
  async (run, context) => {
    const before = parts.queries.attempts(run.id);
    const isCutOff = before.at(-1)?.state === 'running';
    if (before.filter(({ state }) => state === 'interrupted').length + (isCutOff ? 1 : 0) >= MAX_CUT_OFF) {
      context.finish({ type: 'report_failed', reason: 'AGENT_FAILED', detail: `The agent was cut off ${MAX_CUT_OFF} times.` });
      return 'done';
    }
    if (isCutOff) {
      await parts.sandbox.sweep(`${run.id}/attempt`);
      context.report({ type: 'report_attempt_interrupted', fence: run.fence!, attempt: run.attempt });
    } else if (run.repairs > 0 && !before.some(({ startedAt }) => Date.parse(startedAt) >= run.stateSince)) {
      // The checks ran in this worktree: what they left is not the agent's.
      await parts.previewer.stop(run.slot!);
      const ready = await parts.repository.checkout({
        folder: run.worktree!,
        at: run.headCommit!,
        branch: run.branch,
        signal: context.signal,
      });
      if (!ready.ok) throw new Error(ready.detail);
      const seat = seatOf(run.slot!);
      await parts.sandbox.own(run.worktree!, seat);
      const at = await parts.settingsAt(run.baseCommit!);
      if (!at.ok) throw new Error('the settings of the base were valid a moment ago');
      const request = {
        run,
        name: 'setup',
        commit: run.headCommit!,
        branch: run.branch,
        folder: run.worktree!,
        seat,
        settings: at.settings,
      };
      const unready = await setUp(parts, context, request);
      if (unready !== undefined) {
        if (!context.signal.aborted) context.finish({ type: 'report_failed', reason: 'SETUP_FAILED', detail: unready });
        return 'done';
      }
    }
    let instruction = instructionFor(parts, run, isCutOff);
    let current = run;
    let wrong = '';
    for (let turn = 0; turn < TURNS; turn++) {
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
      const judged = await judgeAnswer(parts, context, current, outcome.answer);
      if (judged.end === 'failed') {
        context.finish({ type: 'report_failed', reason: judged.reason, detail: judged.detail });
        return 'done';
      }
      if (judged.end === 'fits') {
        const { answer, proposal } = judged;
        context.finish({
          type: 'report_answer',
          fence: run.fence!,
          attempt: current.attempt,
          answer,
          ...tokens(parts, outcome),
          ...(proposal === undefined ? {} : { proposal }),
        });
        return 'done';
      }
      current = { ...current, threadId: outcome.threadId ?? current.threadId };
      wrong = judged.detail;
      instruction = `${wrong} Change no files. Answer again in the required shape, with exactly one JSON object.`;
      if (turn === 0) context.report({ type: 'report_attempt_interrupted', fence: run.fence!, attempt: current.attempt });
    }
    context.finish({ type: 'report_failed', reason: 'AGENT_OUTPUT_INVALID', detail: `${wrong} It was asked twice.` });
    return 'done';
  };

type Judged =
  | { end: 'fits'; answer: AgentAnswer; proposal?: { commit: string; tree: string } }
  | { end: 'again'; detail: string }
  | { end: 'failed'; reason: EndReason; detail: string };

/** Whether the answer has its shape and, in safe mode, whether its patch applies. */
async function judgeAnswer(parts: Parts, context: Context, run: Run, text: string): Promise<Judged> {
  const shape = { end: 'again' as const, detail: 'The last answer did not have the required shape.' };
  if (run.safeMode !== true) {
    const answer = readAnswer(text, AgentAnswer);
    return answer === undefined ? shape : { end: 'fits', answer };
  }
  const answered = readAnswer(text, SafeAnswer);
  if (answered === undefined) return shape;
  const { patch, ...answer } = answered;
  if (patch.trim() === '') return { end: 'failed', reason: 'NO_CHANGES', detail: answer.summary };
  const proposed = await parts.repository.proposePatch({
    runId: run.id,
    base: run.startCommit!,
    patch,
    message: commitMessage(run, answer),
    identity: { ...IDENTITY, at: run.createdAt },
    signal: context.signal,
  });
  switch (proposed.end) {
    case 'committed': {
      const forbidden = await forbiddenPaths(parts, run.baseCommit!, proposed.commit);
      if (forbidden !== undefined) return { end: 'failed', reason: 'PATH_NOT_ALLOWED', detail: forbidden };
      return { end: 'fits', answer, proposal: { commit: proposed.commit, tree: proposed.tree } };
    }
    case 'empty':
      return { end: 'failed', reason: 'NO_CHANGES', detail: answer.summary };
    case 'does_not_apply':
      return { end: 'again', detail: `The patch does not apply: ${proposed.detail}` };
    case 'refused':
      return {
        end: 'failed',
        reason: 'SNAPSHOT_INCOMPLETE',
        detail: proposed.problems.map(({ path, why }) => `${path}: ${why}`).join('; '),
      };
  }
}

async function work(parts: Parts, context: Context, run: Run, brief: string): Promise<AttemptOutcome> {
  const at = await parts.settingsAt(run.baseCommit!);
  if (!at.ok) throw new Error('the settings of the base were valid a moment ago');
  const { progress, queries, artifacts, folders, repository, limits } = parts;
  const attempt = run.attempt;
  const { tokens: tokensLeft, costUsd: costLeft } = allowanceFor(parts, run);
  const log = context.openLog('agent');
  const transcript = context.openLog(`agent-${attempt}.jsonl`);
  const screenshots = queries.context(run.id)?.screenshots ?? [];
  const outcome = await parts.agent.work({
    runId: run.id,
    attempt,
    seat: seatOf(run.slot!),
    worktree: run.worktree!,
    codexHome: folders.codexHome(run.threadHome),
    gitDir: repository.gitDir,
    ...(run.threadId === undefined ? {} : { threadId: run.threadId }),
    brief,
    mounts: parts.dependencies.mountsAt(run.worktree!, 'agent'),
    inputs: screenshots
      .filter((hash) => artifacts.has(hash))
      .map((hash, index) => ({ name: `screenshot-${index + 1}.png`, host: artifacts.pathOf(hash), image: true })),
    ...run.agent,
    ...(run.safeMode === true ? { readOnly: true } : {}),
    budget: { ...(tokensLeft === undefined ? {} : { tokens: tokensLeft }), ...(costLeft === undefined ? {} : { costUsd: costLeft }) },
    timeoutMs: at.settings.timeouts.agentMs,
    stallMs: limits.stallMs,
    answerSchema: run.safeMode === true ? SAFE_SCHEMA : SCHEMA,
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
function readAnswer<S extends z.core.$ZodType>(text: string, schema: S): z.infer<S> | undefined {
  const bare = text.trim().replace(/^```(?:json)?\s*([\s\S]*?)\s*```$/, '$1');
  try {
    const parsed = z.safeParse(schema, JSON.parse(bare));
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
  command_not_allowed: 'COMMAND_NOT_ALLOWED',
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
