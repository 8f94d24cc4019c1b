import * as z from 'zod/mini';
import { RunEvent } from './run.ts';

/**
 * What became true, with the ledger's sequence number, in order and without
 * gaps for one subscriber. Small on purpose: a client that needs more asks.
 */
export const Notice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), seq: z.number(), event: RunEvent }),
  z.object({ type: z.literal('slots'), seq: z.number() }),
  z.object({ type: z.literal('releases'), seq: z.number() }),
  z.object({ type: z.literal('status'), seq: z.number() }),
]);
export type Notice = z.infer<typeof Notice>;
