import * as z from 'zod/mini';
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
]);
export type Notice = z.infer<typeof Notice>;
