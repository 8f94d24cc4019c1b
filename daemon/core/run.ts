import type { Policy } from '#shared/policy.ts';
import type { ReasonCode } from '#shared/reasons.ts';
import type { AgentAnswer } from '#shared/review.ts';
import type { RunState } from '#shared/run.ts';
import type { MigrationsKind, StoredFact } from './run-events.ts';
import { isTerminal } from './run-machine.ts';

/** A run as its facts have made it. `runs.snapshot` holds exactly this; folding the facts again gives the same value. */
export interface Run {
  id: string;
  title: string;
  prompt: string;
  author: string;
  priority: 'low' | 'normal' | 'high';
  agent?: { model?: string; reasoning?: string };
  demo: boolean;
  traceId: string;
  state: RunState;
  version: number;
  route?: string;
  elementNote?: string;
  branch: string;
  reason?: { code: ReasonCode; detail?: string };
  slot?: string;
  /** Fence of the lease it holds or held last; reports of an older one are refused. */
  fence?: number;
  worktree?: string;
  baseCommit?: string;
  brief?: string;
  seed?: { version: string; kind: 'sqlite' | 'none'; at: number };
  attempt: number;
  threadId?: string;
  answer?: AgentAnswer;
  usage: { inputTokens: number; outputTokens: number; costUsd?: number };
  headCommit?: string;
  headTree?: string;
  checksPassed?: boolean;
  previewUrl?: string;
  previewStartedAt?: number;
  review?: {
    policy: Policy;
    verdictHash: string;
    filesChanged: number;
    hasMigrations: boolean;
    migrations: MigrationsKind;
    diffHash: string;
  };
  approval?: { headCommit: string; baseCommit: string; tree: string; verdictHash: string; actor: string; at: number };
  candidate?: { id: string; commit: string; tree: string; base: string; gatePassed: boolean };
  /** How many candidates were built; bounds the race with an ever-moving main. */
  candidates: number;
  /** main may be moving this instant: too late to cancel. */
  landing: boolean;
  releaseId?: string;
  mergeCommit?: string;
  release?: { failed: { step: string; reason: ReasonCode; detail: string } };
  stateSince: number;
  createdAt: number;
  updatedAt: number;
  endedAt?: number;
}

/** Applies one stored fact. Pure: same run and fact, same result. */
export function evolve(run: Run | undefined, stored: StoredFact): Run {
  const { fact } = stored;
  if (run === undefined) {
    if (fact.type !== 'run.requested') throw new Error(`a run begins with run.requested, not ${fact.type}`);
    const { type: _type, context: _context, ...request } = fact;
    return {
      ...request,
      id: stored.runId,
      traceId: stored.traceId,
      state: stored.to,
      version: stored.version,
      branch: `codex/run-${stored.runId}`,
      attempt: 0,
      usage: { inputTokens: 0, outputTokens: 0 },
      candidates: 0,
      landing: false,
      stateSince: stored.at,
      createdAt: stored.at,
      updatedAt: stored.at,
    };
  }
  const changes = changesOf(run, stored);
  const next: Run = { ...run, ...changes, state: stored.to, version: stored.version, updatedAt: stored.at };
  if (stored.to !== run.state) {
    if (!('reason' in changes)) delete next.reason;
    next.stateSince = stored.at;
  }
  if (isTerminal(stored.to) && next.endedAt === undefined) next.endedAt = stored.at;
  return next;
}

function changesOf(run: Run, { fact, actor, at }: StoredFact): Partial<Run> {
  switch (fact.type) {
    case 'run.waiting':
      return { reason: { code: fact.reason } };
    case 'slot.leased':
      return { slot: fact.slot, fence: fact.fence };
    case 'worktree.prepared':
      return { baseCommit: fact.baseCommit, worktree: fact.worktree, brief: fact.brief };
    case 'data.reset':
      return { seed: { version: fact.seedVersion, kind: fact.kind, at } };
    case 'attempt.started':
      return { attempt: fact.attempt, reason: undefined };
    case 'attempt.threaded':
      return { threadId: fact.threadId };
    case 'attempt.ended': {
      const cost = fact.costUsd === undefined ? run.usage.costUsd : (run.usage.costUsd ?? 0) + fact.costUsd;
      return {
        answer: fact.answer,
        usage: {
          inputTokens: run.usage.inputTokens + fact.inputTokens,
          outputTokens: run.usage.outputTokens + fact.outputTokens,
          ...(cost === undefined ? {} : { costUsd: cost }),
        },
      };
    }
    case 'snapshot.committed':
      return { headCommit: fact.commit, headTree: fact.tree, checksPassed: false };
    case 'checks.passed':
      return { checksPassed: true };
    case 'preview.started':
      return { previewUrl: fact.url, previewStartedAt: at };
    case 'review.assembled':
      return {
        review: {
          policy: fact.policy,
          verdictHash: fact.verdictHash,
          filesChanged: fact.filesChanged,
          hasMigrations: fact.hasMigrations,
          migrations: fact.migrations,
          diffHash: fact.diffHash,
        },
      };
    case 'preview.ended':
      return { previewUrl: undefined };
    case 'run.approved':
      return {
        approval: { headCommit: fact.headCommit, baseCommit: fact.baseCommit, tree: fact.tree, verdictHash: fact.verdictHash, actor, at },
      };
    case 'run.rejected':
      return { reason: { code: fact.reason, detail: fact.text } };
    case 'candidate.built':
      return {
        candidate: { id: fact.candidateId, commit: fact.commit, tree: fact.tree, base: fact.base, gatePassed: false },
        candidates: run.candidates + 1,
        landing: false,
        reason: undefined,
      };
    case 'candidate.superseded':
      return { candidate: undefined, landing: false };
    case 'gate.passed':
      return run.candidate === undefined ? {} : { candidate: { ...run.candidate, gatePassed: true } };
    case 'approval.voided':
      return {
        approval: undefined,
        candidate: undefined,
        landing: false,
        reason: { code: fact.reason },
        ...(run.review === undefined
          ? {}
          : {
              review: {
                ...run.review,
                policy: fact.policy,
                verdictHash: fact.verdictHash,
                migrations: fact.migrations,
                hasMigrations: fact.migrations !== 'none',
              },
            }),
      };
    case 'landing.started':
      return { landing: true, releaseId: fact.releaseId, reason: undefined };
    case 'main.moved':
      return { mergeCommit: fact.commit, releaseId: fact.releaseId, landing: false };
    case 'release.failed':
      return { release: { failed: { step: fact.step, reason: fact.reason, detail: fact.detail } } };
    case 'run.failed':
    case 'run.canceled':
      return { reason: { code: fact.reason, ...(fact.detail === undefined ? {} : { detail: fact.detail }) }, landing: false };
    case 'run.expired':
      return { reason: { code: fact.reason } };
    default:
      return {};
  }
}
