import * as z from 'zod/mini';
import { Instant, RunId, SlotId } from './ids.ts';

/** A preview place. `quarantined` could not be cleaned and is retried, never handed out. */
export const Slot = z.object({
  id: SlotId,
  url: z.string(),
  state: z.enum(['free', 'leased', 'quarantined']),
  reason: z.optional(z.string()),
  runId: z.optional(RunId),
  lease: z.optional(z.object({ leasedAt: Instant, expiresAt: Instant, heartbeatAt: Instant, fence: z.number() })),
  preview: z.optional(z.enum(['starting', 'healthy', 'unhealthy', 'stopped'])),
});
export type Slot = z.infer<typeof Slot>;
