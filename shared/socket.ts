import * as z from 'zod/mini';
import { Notice } from './stream.ts';

/** WebSocket frames are JSON text; the daemon refuses unknown types, a client ignores them. */
const v = z.literal(1);
const Hex = z.string().check(z.regex(/^[0-9a-f]{32,128}$/));
const CallId = z.string().check(z.minLength(1), z.maxLength(64));

export const ClientFrame = z.discriminatedUnion('type', [
  z.object({ v, type: z.literal('hello'), device: z.string().check(z.maxLength(64)), nc: Hex, protocol: z.number() }),
  z.object({ v, type: z.literal('proof'), mac: Hex }),
  z.object({
    v,
    type: z.literal('call'),
    id: CallId,
    door: z.string().check(z.maxLength(64)),
    params: z.optional(z.record(z.string(), z.string())),
    query: z.optional(z.record(z.string(), z.unknown())),
    body: z.optional(z.unknown()),
    key: z.optional(z.string()),
  }),
  /** Notices after this sequence number, those of the past first. */
  z.object({ v, type: z.literal('subscribe'), after: z.number() }),
  /** Live bytes of a log from an offset; `stop` ends it. */
  z.object({
    v,
    type: z.literal('follow'),
    runId: z.string(),
    stream: z.string().check(z.maxLength(90)),
    offset: z.number(),
    stop: z.optional(z.boolean()),
  }),
  /**
   * Bytes of a picture, in order; each is answered by a reply of its id, the last one as the door
   * `createArtifact` is. One at a time on a socket; a gap or a new `upload` drops what was begun.
   */
  z.object({
    v,
    type: z.literal('chunk'),
    id: CallId,
    upload: CallId,
    /** Bytes that came before. */
    offset: z.number(),
    /** Base64. */
    data: z.string(),
    last: z.boolean(),
  }),
  z.object({ v, type: z.literal('ping') }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

export const DaemonFrame = z.discriminatedUnion('type', [
  z.object({ v, type: z.literal('challenge'), ns: Hex, mac: Hex }),
  z.object({ v, type: z.literal('ready'), protocol: z.number(), user: z.string(), role: z.string() }),
  z.object({ v, type: z.literal('reply'), id: CallId, status: z.number(), body: z.unknown() }),
  z.object({ v, type: z.literal('notice'), notice: Notice }),
  z.object({
    v,
    type: z.literal('output'),
    runId: z.string(),
    stream: z.string(),
    offset: z.number(),
    /** Byte offset to resume from. */
    next: z.number(),
    data: z.string(),
    finished: z.boolean(),
  }),
  z.object({ v, type: z.literal('pong') }),
]);
export type DaemonFrame = z.infer<typeof DaemonFrame>;

/** Bytes in one chunk: their base64 fits into a frame of the daemon's 256 KiB. */
export const CHUNK_BYTES = 184_320;

/** Close codes: what a client must do next. */
export const CLOSE = {
  /** Not proved in time or wrongly: pair again. */
  unauthorized: 4401,
  /** The device was revoked. */
  revoked: 4403,
  /** A frame that is not known, or a position after the newest: begin anew. */
  badFrame: 4400,
  /** Update the older side. */
  version: 4426,
  /** Too many frames or too slow a reader: connect again and resume. */
  overload: 1008,
  goingAway: 1001,
  /** The daemon itself failed. */
  internal: 1011,
} as const;
