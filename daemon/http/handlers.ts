/**
 * What the door needs from the rest of the daemon, and what it promises to it:
 * by the time a handler runs, the request came from a known device in a fitting
 * role, its input matches the contract, and a mutation carries its key.
 */

import type { Readable } from 'node:stream';
import type { API, DoorBody, DoorName, DoorParams, DoorQuery, DoorReply } from '#shared/api.ts';
import type { Role } from '#shared/audit.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { Readiness } from '#shared/readiness.ts';
import type { Notice } from '#shared/stream.ts';

export type DeviceKind = 'page' | 'extension' | 'cli' | 'api';

/** Of a call that needs no sign-in: what is known of whoever sent it. */
export interface Stranger {
  door: DoorName;
  requestId: string;
  /** 32 hex characters, from the caller's traceparent or fresh. */
  traceId: string;
  /** SHA-256 of door, parameters and body: what an idempotency receipt compares. */
  bodyHash: string;
  /** The page's or an extension's; to be recorded when an extension pairs. */
  origin?: string;
}

/** Who calls a door, proved by the device's secret. */
export interface Caller extends Stranger {
  /** User name. */
  actor: string;
  role: Role;
  deviceId: string;
  deviceKind: DeviceKind;
  /** Present on every mutation that needs one; scope it by actor and door. */
  key?: string;
}

/** What a handler answers. `message` is shown to people. */
export type DoorResult<N extends DoorName> =
  | { ok: true; body: DoorReply<N>; status?: number; location?: string }
  | { ok: false; code: ErrorCode; message: string; details?: Record<string, unknown>; retryAfterMs?: number; requestId?: string };

/** Doors that take JSON; the raw upload goes to `DoorStore.putArtifact`. */
export type HandledDoor = Exclude<DoorName, 'createArtifact'>;

export type DoorCaller<N extends DoorName> = (typeof API)[N]['role'] extends 'none' ? Stranger : Caller;

/** The business behind each door. A mutation commits its receipt itself, in the transaction of its effect. */
export type Handlers = {
  [N in HandledDoor]: (
    input: { params: DoorParams<N>; query: DoorQuery<N>; body: DoorBody<N> },
    caller: DoorCaller<N>,
  ) => DoorResult<N> | Promise<DoorResult<N>>;
};

export interface DoorDevice {
  id: string;
  user: string;
  role: Role;
  kind: DeviceKind;
  /** Recorded when an extension was paired; every other device has none and belongs to the page's own origin. */
  origin?: string;
  revokedAt?: number;
}

/** A request that was turned away, for the audit log. `repeats` like it happened since the last entry of its kind. */
export interface RefusedEntry {
  /** User name, or `nobody`. */
  actor: string;
  deviceId?: string;
  /** Door name, or method and path without query. */
  subject: string;
  code: ErrorCode;
  requestId: string;
  traceId: string;
  repeats: number;
}

/** A piece of a log. `next` is the byte offset after it; whole UTF-8 sequences only. */
export interface LogPiece {
  offset: number;
  next: number;
  data: string;
  finished: boolean;
}

/** The part of the store that the door itself uses. Everything here is synchronous but the artifacts and the readiness. */
export interface DoorStore {
  /** By the SHA-256 (hex) of the secret as it stands in the header: 64 lower-case hex characters, as ASCII. */
  findByBearerHash(hash: string): DoorDevice | undefined;
  /** `socketKeyHex` is what `socketKey(secret)` made at pairing. */
  findById(deviceId: string): { device: DoorDevice; socketKeyHex: string } | undefined;
  /** Called at most once a minute for a device. */
  touch(deviceId: string): void;
  /** Whether a device that is not revoked was paired from this origin; exact comparison. */
  isKnownOrigin(origin: string): boolean;
  /** Called after the commit of a revocation; the answer unsubscribes. */
  onDeviceRevoked(then: (deviceId: string) => void): () => void;
  auditRefused(entry: RefusedEntry): void;

  /** Sequence number of the newest notice; 0 before the first. */
  newestSeq(): number;
  /**
   * Delivers the past after `after` and follows live, in one synchronous step. `onNotice` answers whether
   * to go on: after `false` it is never called again, also in the middle of the past. `user` hears of their own marks, and of nobody else's.
   */
  subscribe(request: { after: number; user: string; onNotice: (notice: Notice) => boolean }): () => void;
  /** The same for the bytes of a log, ended by a piece that says `finished`; undefined when there is no such log. */
  followLog(request: { runId: string; stream: string; offset: number; onOutput: (piece: LogPiece) => boolean }): (() => void) | undefined;

  /** Stores bytes by their hash. Stops reading above `maxBytes`; a stream that fails midway stores nothing. */
  putArtifact(
    bytes: Readable,
    maxBytes: number,
  ): Promise<{ end: 'stored'; hash: string; bytes: number } | { end: 'too_large' } | { end: 'broken'; detail: string }>;
  openArtifact(hash: string): { bytes: number; stream: Readable } | undefined;
  readiness(): Promise<Readiness>;
  /** Prometheus text. */
  metrics(): string;
}
