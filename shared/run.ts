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
  agent: z.optional(z.object({ model: z.optional(z.string()), reasoning: z.optional(z.enum(['low', 'medium', 'high', 'xhigh'])) })),
});
export type RunRequest = z.infer<typeof RunRequest>;

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
  relation: z.optional(z.enum(['retry', 'revision', 'revert', 'restore'])),
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
