import * as z from 'zod/mini';
import { Commit, Instant, ReleaseId, RunId } from './ids.ts';

/** A commit made live. A rollback is a release of its own whose commit is an earlier one. */
export const Release = z.object({
  id: ReleaseId,
  commit: Commit,
  runId: z.optional(RunId),
  kind: z.enum(['first', 'run', 'upstream', 'rollback']),
  state: z.enum(['preparing', 'live', 'replaced', 'failed']),
  title: z.string(),
  migrationMarker: z.optional(z.string()),
  rollback: z.object({ possible: z.boolean(), reason: z.optional(z.string()) }),
  /** The release is still running and takes traffic at once. */
  warm: z.boolean(),
  reason: z.optional(z.string()),
  actor: z.string(),
  createdAt: Instant,
  healthyAt: z.optional(Instant),
  /** The watch on its route and on people's requests after it went live. `worse`: errors rose; `detail` says what was seen. */
  watch: z.optional(
    z.object({ state: z.enum(['watching', 'calm', 'worse']), route: z.string(), until: Instant, detail: z.optional(z.string()) }),
  ),
  /** Of the live one: its process, which is started again when it ends. */
  process: z.optional(
    z.object({
      running: z.boolean(),
      startedAt: Instant,
      restarts: z.number(),
      /** When and how it last ended by itself; absent when nobody was there to see it. */
      ended: z.optional(z.object({ at: Instant, how: z.string() })),
    }),
  ),
  previousId: z.optional(ReleaseId),
  /** Of a release that belongs to no run: the names of its logs. */
  logs: z.optional(z.array(z.string())),
});
export type Release = z.infer<typeof Release>;
