import * as z from 'zod/mini';

/**
 * Why a door refuses. One closed list for HTTP, WebSocket and command line;
 * the number is the HTTP status.
 */
export const ERROR_STATUS = {
  bad_request: 400,
  idempotency_key_required: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  idempotency_conflict: 409,
  wrong_state: 409,
  stale: 409,
  lease_lost: 409,
  frozen: 409,
  confirm_required: 409,
  blocked: 409,
  rollback_impossible: 409,
  thread_busy: 409,
  shown_once: 409,
  too_large: 413,
  unsupported_media_type: 415,
  version_mismatch: 426,
  queue_full: 429,
  too_many_tries: 429,
  internal: 500,
  degraded: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

export const ErrorBody = z.object({
  error: z.object({
    code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]),
    /** One sentence for a person: what happened and what to do. */
    message: z.string(),
    requestId: z.string(),
    details: z.optional(z.record(z.string(), z.unknown())),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
