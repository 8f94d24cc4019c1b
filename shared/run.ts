import * as z from 'zod/mini';
import { Capture } from './capture.ts';
import { ArtifactHash, Commit, Instant, ReleaseId, RunId, SlotId } from './ids.ts';
import { Policy } from './policy.ts';
import { REASON_CODES } from './reasons.ts';

export const RUN_STATES = [
  'queued',
  'planning',
  'editing',
  'testing',
  'preview_ready',
  'needs_approval',
  'approved',
  'merging',
  'deploying',
  'merged',
  'failed',
  'canceled',
  'expired',
] as const;
export type RunState = (typeof RUN_STATES)[number];
export const TERMINAL_STATES = ['merged', 'failed', 'canceled', 'expired'] as const satisfies readonly RunState[];

const RunStateSchema = z.enum(RUN_STATES);
const Priority = z.enum(['low', 'normal', 'high']);

/** A request as a client sends it. */
export const RunRequest = z.object({
  prompt: z.string().check(z.trim(), z.minLength(1), z.maxLength(32_768)),
  context: z.optional(Capture),
  priority: z.optional(Priority),
  /** Codex only proposes a patch; nothing is applied until a person says so. */
  safeMode: z.optional(z.boolean()),
  agent: z.optional(z.object({ model: z.optional(z.string()), reasoning: z.optional(z.enum(['low', 'medium', 'high', 'xhigh'])) })),
  /** Files to show the agent beside the repository, uploaded as artifacts before. */
  files: z.optional(
    z.array(z.object({ path: z.string().check(z.minLength(1), z.maxLength(1_000)), artifact: ArtifactHash })).check(z.maxLength(200)),
  ),
  /** Adds the repository's codebase map (docs/CODEBASE_MAP.md, CODEBASE_MAP.md or docs/ARCHITECTURE.md) to the brief. */
  map: z.optional(z.boolean()),
  /** `false` leaves the constraint blocks out of the brief. */
  constraints: z.optional(z.boolean()),
  /** A run this request follows from; only a link. */
  parentRunId: z.optional(RunId),
});
export type RunRequest = z.infer<typeof RunRequest>;

/** How a run came from its parent. */
const Relation = z.enum(['retry', 'revision', 'revert', 'restore']);
export type Relation = z.infer<typeof Relation>;

/** What a reviewer wants changed: lines of the diff and words. */
export const ReviewComments = z.object({
  comments: z
    .array(
      z.object({
        file: z.optional(z.string().check(z.maxLength(1_000))),
        line: z.optional(z.number().check(z.int(), z.gte(1))),
        text: z.string().check(z.trim(), z.minLength(1), z.maxLength(8_000)),
      }),
    )
    .check(z.maxLength(200)),
  text: z.optional(z.string().check(z.trim(), z.maxLength(16_000))),
});
export type ReviewComments = z.infer<typeof ReviewComments>;

const Reason = z.object({ code: z.enum(REASON_CODES), message: z.string(), remedy: z.optional(z.string()) });

/** One request from a person, as every surface shows it. */
export const Run = z.object({
  id: RunId,
  title: z.string(),
  prompt: z.string(),
  author: z.string(),
  state: RunStateSchema,
  /** What is going on inside the state, in a few words. */
  stage: z.optional(z.string()),
  reason: z.optional(Reason),
  priority: Priority,
  route: z.optional(z.string()),
  elementNote: z.optional(z.string()),
  slot: z.optional(SlotId),
  previewUrl: z.optional(z.string()),
  branch: z.string(),
  baseCommit: z.optional(Commit),
  headCommit: z.optional(Commit),
  mergeCommit: z.optional(Commit),
  releaseId: z.optional(ReleaseId),
  parentRunId: z.optional(RunId),
  relation: z.optional(Relation),
  safeMode: z.optional(z.boolean()),
  archivedAt: z.optional(Instant),
  /** There is news of it that the asking person has not seen, or they marked it so. */
  unread: z.optional(z.boolean()),
  queuePosition: z.optional(z.number()),
  etaMs: z.optional(z.number()),
  filesChanged: z.optional(z.number()),
  hasMigrations: z.optional(z.boolean()),
  checks: z.object({ passed: z.number(), failed: z.number(), running: z.number(), total: z.number() }),
  policy: z.optional(Policy),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number(), costUsd: z.optional(z.number()) }),
  /** The model was the built-in demo, not a real one. */
  demo: z.optional(z.boolean()),
  version: z.number(),
  createdAt: Instant,
  updatedAt: Instant,
  endedAt: z.optional(Instant),
});
export type Run = z.infer<typeof Run>;

/** An append-only fact of a run. */
export const RunEvent = z.object({
  seq: z.number(),
  runId: RunId,
  version: z.number(),
  type: z.string(),
  from: z.optional(RunStateSchema),
  to: z.optional(RunStateSchema),
  reason: z.optional(z.enum(REASON_CODES)),
  payload: z.record(z.string(), z.unknown()),
  actor: z.string(),
  traceId: z.string(),
  at: Instant,
});
export type RunEvent = z.infer<typeof RunEvent>;

export const DataMigration = z.object({
  name: z.string(),
  status: z.enum(['applied', 'failed', 'timed_out']),
  durationMs: z.number(),
  error: z.optional(z.string()),
});
export type DataMigration = z.infer<typeof DataMigration>;

export const Preview = z.object({
  url: z.string(),
  slot: SlotId,
  commit: z.optional(Commit),
  health: z.enum(['starting', 'healthy', 'unhealthy', 'stopped']),
  startedAt: z.optional(Instant),
  data: z.object({
    kind: z.enum(['sqlite', 'none']),
    seedVersion: z.optional(z.string()),
    resetAt: z.optional(Instant),
    migrations: z.array(DataMigration),
  }),
});
export type Preview = z.infer<typeof Preview>;

/** One log a run has; bytes come from `GET /api/runs/{id}/logs/{name}?from=`. */
export const LogInfo = z.object({ name: z.string(), bytes: z.number(), finished: z.boolean(), sha256: z.optional(ArtifactHash) });
export type LogInfo = z.infer<typeof LogInfo>;

/** How a run stands with today's main and with its neighbours, computed without a worktree. */
export const Standing = z.object({
  /** Commits on main that the run does not have. */
  behind: z.number(),
  merges: z.enum(['clean', 'conflicts']),
  conflicts: z.array(z.string()),
  /** Other runs that are not over and change the same files. */
  shares: z.array(z.object({ runId: RunId, title: z.string(), files: z.array(z.string()) })),
});
export type Standing = z.infer<typeof Standing>;

/** A follow-up that an agent proposed; only a person makes a request of it. */
export const Draft = z.object({
  runId: RunId,
  position: z.number(),
  text: z.string(),
  state: z.enum(['open', 'sent', 'dismissed']),
  sentRunId: z.optional(RunId),
  at: Instant,
});
export type Draft = z.infer<typeof Draft>;

/** What a person said to a working agent. It is delivered as the thread's next turn. */
export const Message = z.object({ text: z.string(), actor: z.string(), at: Instant, attempt: z.optional(z.number()) });
export type Message = z.infer<typeof Message>;
