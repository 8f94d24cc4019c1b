import * as z from 'zod/mini';

/** How sure it is that an element comes from there. */
export const CONFIDENCES = ['exact', 'likely', 'guess'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** A place in the code where an element may come from. `why` is for people. */
export const SourceCandidate = z.object({
  file: z.string(),
  line: z.optional(z.number().check(z.int(), z.gte(1))),
  confidence: z.enum(CONFIDENCES),
  why: z.string(),
});
export type SourceCandidate = z.infer<typeof SourceCandidate>;

/** Where the elements of a capture are in the code at a commit, in their order, the likeliest first. No candidate: it is not known. */
export const Sources = z.object({
  commit: z.string(),
  elements: z.array(z.object({ candidates: z.array(SourceCandidate) })),
  /** Why the search ended before it had seen everything. */
  cut: z.optional(z.string()),
});
export type Sources = z.infer<typeof Sources>;
