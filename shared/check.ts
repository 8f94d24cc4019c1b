import * as z from 'zod/mini';
import { Instant } from './ids.ts';

/** One validation of a commit. `log` is the name under `…/logs/{name}`. */
export const Check = z.object({
  name: z.string(),
  kind: z.enum(['command', 'health', 'smoke', 'migration']),
  /** `branch` ran on the run's commit, `gate` on the merge candidate. */
  stage: z.enum(['branch', 'gate']),
  required: z.boolean(),
  status: z.enum(['waiting', 'running', 'passed', 'failed', 'timed_out', 'stopped']),
  command: z.optional(z.string()),
  detail: z.optional(z.string()),
  startedAt: z.optional(Instant),
  endedAt: z.optional(Instant),
  exitCode: z.optional(z.number()),
  log: z.optional(z.string()),
});
export type Check = z.infer<typeof Check>;
