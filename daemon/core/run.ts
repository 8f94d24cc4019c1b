import type { Policy } from '#shared/policy.ts';
import type { ReasonCode } from '#shared/reasons.ts';
import type { AgentAnswer } from '#shared/review.ts';
import type { Relation, ReviewComments, RunRequest, RunState } from '#shared/run.ts';
import type { MigrationsKind, RunStart, StoredFact } from './run-events.ts';
import { isTerminal } from './run-machine.ts';

/** A run as its facts have made it. `runs.snapshot` holds exactly this; folding the facts again gives the same value. */
export interface Run {
  id: string;
  title: string;
  prompt: string;
  author: string;
  priority: 'low' | 'normal' | 'high';
  agent?: RunRequest['agent'];
  demo: boolean;
  safeMode?: true;
  files?: RunRequest['files'];
  map?: boolean;
  constraints?: boolean;
  parentRunId?: string;
  relation?: Relation;
  start?: RunStart;
  comments?: ReviewComments;
  /** Run whose folder keeps the Codex thread: the first of a chain of revisions. */
  threadHome: string;
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
  /** What its change is compared with. */
  baseCommit?: string;
  /** What its worktree begins from. */
  startCommit?: string;
  startTree?: string;
  parents?: readonly string[];
  brief?: string;
  seed?: { version: string; kind: 'sqlite' | 'none'; at: number };
  attempt: number;
  threadId?: string;
  answer?: AgentAnswer;
  /** What a person said to the agent and no finished turn has answered; `attempt` is the turn that it was given to. */
  messages: readonly { text: string; actor: string; at: number; attempt?: number }[];
  proposal?: { commit: string; tree: string; applied: boolean };
  /** How often the agent was shown failing checks, and the last of them. */
  repairs: number;
  repair?: { detail: string; logs: readonly string[] };
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
  archivedAt?: number;
}

/** Which way the run goes from planning: an agent edits, an agent proposes a patch, or its commit exists already. */
export function roadOf(run: Pick<Run, 'relation' | 'safeMode'>): 'agent' | 'patch' | 'commit' {
  if (run.relation === 'revert' || run.relation === 'restore') return 'commit';
  return run.safeMode === true ? 'patch' : 'agent';
}

/** Applies one stored fact. Pure: same run and fact, same result. */
export function evolve(run: Run | undefined, stored: StoredFact): Run {
  const { fact } = stored;
  if (run === undefined) {
    if (fact.type !== 'run.requested') throw new Error(`a run begins with run.requested, not ${fact.type}`);
    const { type: _type, context: _context, thread, ...request } = fact;
    return {
      ...request,
      id: stored.runId,
      threadHome: thread?.home ?? stored.runId,
      ...(thread?.id === undefined ? {} : { threadId: thread.id }),
      messages: [],
      repairs: 0,
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

function spentWith(run: Run, spent: { inputTokens: number; outputTokens: number; costUsd?: number }): Run['usage'] {
  const cost = spent.costUsd === undefined ? run.usage.costUsd : (run.usage.costUsd ?? 0) + spent.costUsd;
  return {
    inputTokens: run.usage.inputTokens + spent.inputTokens,
    outputTokens: run.usage.outputTokens + spent.outputTokens,
    ...(cost === undefined ? {} : { costUsd: cost }),
  };
}

function changesOf(run: Run, { fact, actor, at }: StoredFact): Partial<Run> {
  switch (fact.type) {
    case 'run.waiting':
      return { reason: { code: fact.reason } };
    case 'slot.leased':
      return { slot: fact.slot, fence: fact.fence };
    case 'worktree.prepared':
      return {
        baseCommit: fact.baseCommit,
        worktree: fact.worktree,
        brief: fact.brief,
        startCommit: fact.startCommit,
        startTree: fact.startTree,
        ...(fact.parents === undefined ? {} : { parents: fact.parents }),
      };
    case 'data.reset':
      return { seed: { version: fact.seedVersion, kind: fact.kind, at } };
    case 'attempt.started':
      return {
        attempt: fact.attempt,
        reason: undefined,
        messages: run.messages.map((message) => ({ ...message, attempt: fact.attempt })),
      };
    case 'attempt.threaded':
      return { threadId: fact.threadId };
    case 'attempt.ended':
      return { answer: fact.answer, usage: spentWith(run, fact), messages: [] };
    case 'attempt.continued':
      return { usage: spentWith(run, fact), messages: run.messages.filter((message) => message.attempt === undefined) };
    case 'message.sent':
      return { messages: [...run.messages, { text: fact.text, actor, at }] };
    case 'patch.proposed':
      return {
        answer: fact.answer,
        usage: spentWith(run, fact),
        proposal: { commit: fact.commit, tree: fact.tree, applied: false },
        reason: { code: fact.reason },
      };
    case 'patch.applied':
      return { ...(run.proposal === undefined ? {} : { proposal: { ...run.proposal, applied: true } }), reason: undefined };
    case 'repair.began':
      return {
        repairs: fact.repair,
        repair: { detail: fact.detail, logs: fact.logs },
        answer: undefined,
        checksPassed: false,
        previewUrl: undefined,
      };
    case 'run.archived':
      return { archivedAt: at };
    case 'run.unarchived':
      return { archivedAt: undefined };
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
