import * as z from 'zod/mini';
import { Instant } from './ids.ts';

/** Who did what, in a chain of hashes: `hash` covers the row and `prevHash`. */
export const AuditEntry = z.object({
  seq: z.number(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  outcome: z.string(),
  payloadHash: z.string(),
  traceId: z.string(),
  at: Instant,
  prevHash: z.string(),
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const ROLES = ['viewer', 'requester', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const Device = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['page', 'extension', 'cli', 'api']),
  user: z.string(),
  role: z.enum(ROLES),
  createdAt: Instant,
  lastSeenAt: z.optional(Instant),
  revokedAt: z.optional(Instant),
});
export type Device = z.infer<typeof Device>;
