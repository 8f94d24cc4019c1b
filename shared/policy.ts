import * as z from 'zod/mini';

/** `clear` may be approved at once; `manual_approval_required` names what a person must look at; `blocked` cannot be approved. */
export const PolicyReason = z.object({
  rule: z.string(),
  message: z.string(),
  severity: z.enum(['note', 'manual', 'block']),
  paths: z.array(z.string()),
});
export type PolicyReason = z.infer<typeof PolicyReason>;

export const Policy = z.object({
  verdict: z.enum(['clear', 'manual_approval_required', 'blocked']),
  reasons: z.array(PolicyReason),
});
export type Policy = z.infer<typeof Policy>;
