import type { ErrorCode } from '#shared/errors.ts';
import type { Policy } from '#shared/policy.ts';
import type { EndReason, WaitReason } from '#shared/reasons.ts';
import type { AgentAnswer } from '#shared/review.ts';
import type { DataMigration, Relation, ReviewComments, RunRequest } from '#shared/run.ts';
import type { CheckEnd, CheckKind, CheckStage, MigrationsKind, RunStart } from './run-events.ts';

/** What a person asks for. */
export type PersonCommand =
  | { type: 'request_run'; request: RunRequest; demo: boolean; descent?: Descent }
  | { type: 'cancel_run' }
  | { type: 'approve_run'; headCommit: string; confirm?: { migrations?: boolean; runId?: string } }
  | { type: 'reject_run'; reason: string }
  | { type: 'apply_run' }
  | { type: 'send_message'; text: string; attempt?: number }
  | { type: 'archive_run'; archived: boolean }
  /** Its slot goes to somebody else; `runId` is whom the person saw in it. */
  | { type: 'replace_run' }
  /** The parent's part of a child's birth: ends it where it still waits for a person. */
  | { type: 'yield_run'; to: Relation };

/** How a child comes from its parent; made by `descend`. */
export interface Descent {
  title?: string;
  relation: Relation;
  start?: RunStart;
  thread?: { home: string; id?: string };
  comments?: ReviewComments;
  answer?: AgentAnswer;
}

/** What an effect saw. `fence` and `attempt` say on whose behalf; a late report is refused by `decide`. */
export type ReportCommand =
  | { type: 'report_waiting'; reason: WaitReason }
  | { type: 'report_lease'; slot: string; fence: number; expiresAt: number }
  | {
      type: 'report_worktree';
      fence: number;
      baseCommit: string;
      worktree: string;
      brief: string;
      startCommit: string;
      startTree: string;
      parents?: readonly string[];
    }
  | { type: 'report_data'; fence: number; seedVersion: string; kind: 'sqlite' | 'none' }
  | { type: 'report_attempt_started'; fence: number; attempt: number }
  | { type: 'report_thread'; fence: number; attempt: number; threadId: string }
  | { type: 'report_attempt_interrupted'; fence: number; attempt: number }
  | {
      type: 'report_answer';
      fence: number;
      attempt: number;
      answer: AgentAnswer;
      inputTokens: number;
      outputTokens: number;
      costUsd?: number;
      /** Safe mode: the commit that the proposed patch makes, pinned and on no branch. */
      proposal?: { commit: string; tree: string };
    }
  | { type: 'report_snapshot'; fence: number; commit: string; tree: string }
  | { type: 'report_check_started'; name: string; kind: CheckKind; stage: CheckStage; required: boolean; command?: string; log?: string }
  | { type: 'report_check_ended'; name: string; stage: CheckStage; status: CheckEnd; exitCode?: number; detail?: string }
  | { type: 'report_checks_passed'; fence: number; commit: string }
  /** `repairs` is how often the agent may see failing checks; `logs` are the names of theirs. */
  | { type: 'report_checks_failed'; fence: number; commit: string; detail: string; logs: readonly string[]; repairs: number }
  | { type: 'report_migration'; fence: number; migration: DataMigration }
  | { type: 'report_preview_started'; fence: number; url: string; commit: string }
  | { type: 'report_preview_ended'; fence: number; detail: string }
  | { type: 'report_preview_ready'; fence: number; commit: string }
  | {
      type: 'report_review';
      fence: number;
      policy: Policy;
      verdictHash: string;
      filesChanged: number;
      hasMigrations: boolean;
      migrations: MigrationsKind;
      diffHash: string;
    }
  | { type: 'report_merge_started' }
  | { type: 'report_candidate'; candidateId: string; commit: string; tree: string; base: string }
  | { type: 'report_superseded'; main: string }
  | { type: 'report_gate_passed'; candidateId: string; policy: Policy; verdictHash: string; migrations: MigrationsKind }
  | { type: 'report_landing'; candidateId: string; releaseId: string }
  | { type: 'report_landed'; candidateId: string; releaseId: string }
  | { type: 'report_upstream'; state: string; detail?: string }
  | { type: 'report_live'; releaseId: string }
  | { type: 'report_release_failed'; releaseId: string; step: string; reason: EndReason; detail: string }
  | { type: 'report_undone'; outcome: 'undone' | 'conflict' | 'nothing_to_undo'; commit?: string }
  | { type: 'report_failed'; reason: EndReason; detail: string; fence?: number }
  | { type: 'report_expired'; fence: number; reason: EndReason }
  | { type: 'report_slot_released'; slot: string };

export type RunCommand = PersonCommand | ReportCommand;

/** What `decide` may know beside the run itself; read inside the same transaction. */
export interface Circumstances {
  now: number;
  freeze: boolean;
  /** Every new run is in safe mode. */
  safeMode: boolean;
  /** Runs that have not ended and hold no slot yet. */
  queued: number;
  queueLimit: number;
  lease?: { slot: string; fence: number; expiresAt: number };
}

export interface Refusal {
  code: ErrorCode;
  message: string;
  details?: Record<string, unknown>;
}
