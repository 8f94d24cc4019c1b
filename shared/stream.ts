import * as z from 'zod/mini';
import { RunId } from './ids.ts';
import { RunEvent } from './run.ts';

/**
 * What became true. A `run` notice carries an event: each one once, in order of its sequence number and without gaps for one
 * subscriber. The others only say what to ask for again; they carry the newest sequence number, are no step of their own, and come
 * once when the past has been told.
 */
export const Notice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), seq: z.number(), event: RunEvent }),
  z.object({ type: z.literal('slots'), seq: z.number() }),
  z.object({ type: z.literal('releases'), seq: z.number() }),
  z.object({ type: z.literal('status'), seq: z.number() }),
  /** What the listening person has seen of this run changed; without one, of any. Nobody hears of another's. */
  z.object({ type: z.literal('reads'), seq: z.number(), runId: z.optional(RunId) }),
]);
export type Notice = z.infer<typeof Notice>;
