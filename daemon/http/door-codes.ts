import type { Door } from '#shared/api.ts';
import type { ErrorCode } from '#shared/errors.ts';

/** Whether a change at this door needs an Idempotency-Key. */
export const isKeyed = ({ method, key }: Pick<Door, 'method' | 'key'>): boolean => method !== 'GET' && key !== false;

/** What any request may be refused with, whatever it asks for. */
export const ANYWHERE: readonly ErrorCode[] = ['bad_request', 'forbidden', 'internal', 'degraded'];

/** Every code that a door may refuse with: what its kind brings, and what it names itself. */
export function codesOf(door: Door): readonly ErrorCode[] {
  const codes: ErrorCode[] = [...ANYWHERE, 'version_mismatch'];
  if (door.role !== 'none') codes.push('unauthorized');
  if (door.params !== undefined) codes.push('not_found');
  if (door.method !== 'GET') codes.push('too_large', 'unsupported_media_type');
  if (isKeyed(door)) codes.push('idempotency_key_required', 'idempotency_conflict');
  return [...codes, ...(door.refuses ?? [])];
}
