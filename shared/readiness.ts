import * as z from 'zod/mini';

/** What `/readyz` answers: whether a request would be worked on now, and part by part why not. An `optional` part that is not ready holds nothing up. */
export const Readiness = z.object({
  ready: z.boolean(),
  parts: z.array(
    z.object({
      name: z.string(),
      ready: z.boolean(),
      optional: z.optional(z.boolean()),
      detail: z.optional(z.string()),
      remedy: z.optional(z.string()),
    }),
  ),
});
export type Readiness = z.infer<typeof Readiness>;
