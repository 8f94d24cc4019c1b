import type { Capture } from '#shared/capture.ts';
import type { Policy } from '#shared/policy.ts';
import type { EndReason, ReasonCode, VoidReason, WaitReason } from '#shared/reasons.ts';
import type { AgentAnswer } from '#shared/review.ts';
import type { DataMigration, Relation, ReviewComments, RunRequest, RunState } from '#shared/run.ts';

/**
 * Everything that can become true of a run. A fact is small, is never changed
 * and says nothing that a later fact could make false.
 */
export type RunFact =
  | {
      type: 'run.requested';
      title: string;
      prompt: string;
      author: string;
      priority: 'low' | 'normal' | 'high';
      route?: string;
      elementNote?: string;
      context?: Capture;
      agent?: RunRequest['agent'];
      demo: boolean;
      safeMode?: true;
      files?: RunRequest['files'];
      map?: boolean;
      constraints?: boolean;
      parentRunId?: string;
      relation?: Relation;
      start?: RunStart;
      /** The Codex thread that is continued, and the run whose folder keeps it. */
      thread?: { home: string; id?: string };
      comments?: ReviewComments;
      /** Of a restored run: what the agent said about the commit. */
      answer?: AgentAnswer;
    }
  | { type: 'run.waiting'; reason: WaitReason }
  | { type: 'slot.leased'; slot: string; fence: number; expiresAt: number }
  | {
      type: 'worktree.prepared';
      baseCommit: string;
      worktree: string;
      brief: string;
      startCommit: string;
      startTree: string;
      /** Of the commit to be made, where they are not just the start. */
      parents?: readonly string[];
    }
  | { type: 'data.reset'; seedVersion: string; kind: 'sqlite' | 'none' }
  | { type: 'editing.began' }
  | { type: 'proposal.began' }
  | { type: 'attempt.started'; attempt: number }
  | { type: 'attempt.threaded'; attempt: number; threadId: string }
  | { type: 'attempt.interrupted'; attempt: number }
  | { type: 'attempt.ended'; attempt: number; answer: AgentAnswer; inputTokens: number; outputTokens: number; costUsd?: number }
  | { type: 'attempt.continued'; attempt: number; inputTokens: number; outputTokens: number; costUsd?: number }
  | { type: 'message.sent'; text: string }
  | {
      type: 'patch.proposed';
      attempt: number;
      answer: AgentAnswer;
      inputTokens: number;
      outputTokens: number;
      costUsd?: number;
      commit: string;
      tree: string;
      reason: 'PATCH_PROPOSED';
    }
  | { type: 'patch.applied'; commit: string }
  | { type: 'snapshot.committed'; commit: string; tree: string }
  | { type: 'check.started'; name: string; kind: CheckKind; stage: CheckStage; required: boolean; command?: string; log?: string }
  | { type: 'check.ended'; name: string; stage: CheckStage; status: CheckEnd; exitCode?: number; detail?: string }
  | { type: 'checks.passed' }
  | { type: 'repair.began'; repair: number; detail: string; logs: readonly string[] }
  | { type: 'data.migrated'; migration: DataMigration }
  | { type: 'preview.started'; url: string; commit: string }
  | { type: 'preview.ended'; detail: string }
  | { type: 'preview.ready' }
  | {
      type: 'review.assembled';
      policy: Policy;
      verdictHash: string;
      filesChanged: number;
      hasMigrations: boolean;
      migrations: MigrationsKind;
      diffHash: string;
    }
  | { type: 'run.approved'; headCommit: string; baseCommit: string; tree: string; verdictHash: string; selfApproved: boolean }
  | { type: 'run.rejected'; reason: 'REJECTED'; text: string }
  | { type: 'merge.started' }
  | { type: 'candidate.built'; candidateId: string; commit: string; tree: string; base: string }
  | { type: 'candidate.superseded'; main: string }
  | { type: 'gate.passed' }
  | { type: 'approval.voided'; policy: Policy; verdictHash: string; migrations: MigrationsKind; reason: VoidReason }
  | { type: 'landing.started'; releaseId: string }
  | { type: 'main.moved'; commit: string; releaseId: string }
  | { type: 'upstream.followed'; state: string; detail?: string }
  | { type: 'release.failed'; releaseId: string; step: string; reason: EndReason; detail: string }
  | { type: 'main.undone'; outcome: 'undone' | 'conflict' | 'nothing_to_undo'; commit?: string }
  | { type: 'run.merged'; releaseId: string }
  | { type: 'run.failed'; reason: EndReason; detail: string }
  | { type: 'run.canceled'; reason: EndReason; detail?: string }
  | { type: 'run.expired'; reason: EndReason }
  | { type: 'slot.released'; slot: string }
  | { type: 'run.archived' }
  | { type: 'run.unarchived' };

/**
 * Where a run's work begins; without one it is main as it is then.
 * `commit`   an earlier run's commit, to be compared with `base`.
 * `resolve`  main merged into an earlier run's head, its conflicts left in the files.
 * `undo`     main with that merge taken back.
 */
export type RunStart =
  | { kind: 'commit'; commit: string; base: string }
  | { kind: 'resolve'; head: string }
  | { kind: 'undo'; commit: string };

export type MigrationsKind = 'none' | 'additive' | 'destructive' | 'unknown';
export type RunFactType = RunFact['type'];
export type CheckKind = 'command' | 'health' | 'smoke' | 'migration';
export type CheckStage = 'branch' | 'gate';
export type CheckEnd = 'passed' | 'failed' | 'timed_out' | 'stopped';

/** A fact with its place in the ledger. */
export interface StoredFact {
  seq: number;
  runId: string;
  version: number;
  from?: RunState;
  to: RunState;
  reason?: ReasonCode;
  actor: string;
  traceId: string;
  at: number;
  fact: RunFact;
}

/** The reason a fact carries, for the ledger's column and for people. */
export function reasonOf(fact: RunFact): ReasonCode | undefined {
  return 'reason' in fact ? fact.reason : undefined;
}
