import * as z from 'zod/mini';

/** Lower-case hex of a git object. */
export const Commit = z.string().check(z.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/));
/** Lower-case hex SHA-256 of an artifact's bytes. */
export const ArtifactHash = z.string().check(z.regex(/^[0-9a-f]{64}$/));
/** An instant on the wire: ISO 8601, UTC. */
export const Instant = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));

export const RunId = z.string().check(z.regex(/^run_[0-9a-z]{26}$/));
export const ReleaseId = z.string().check(z.regex(/^rel_[0-9a-z]{26}$/));
export const DeviceId = z.string().check(z.regex(/^dev_[0-9a-z]{26}$/));
export const SlotId = z.string().check(z.regex(/^preview-[1-9][0-9]?$/));

/** Made by the client, scoped to (actor, door). Printable ASCII, so it can stand in a header and a log. */
export const IdempotencyKey = z.string().check(z.regex(/^[\x21-\x7e]{8,200}$/));
