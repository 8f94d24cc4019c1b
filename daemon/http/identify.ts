import { createHash } from 'node:crypto';
import { ROLES, type Role } from '#shared/audit.ts';
import { type Admitted, pageOrigin } from './guard.ts';
import type { DoorDevice, DoorStore } from './handlers.ts';
import { type Refusal, refusal } from './problem.ts';

export type Identified = { ok: true; device: DoorDevice } | { ok: false; device?: DoorDevice; refused: Refusal };

const BEARER = /^Bearer ([0-9a-f]{64})$/;

/** What the store keeps of a device's secret: SHA-256 of its 64 hex characters, so a lookup tells nothing by its time. */
export function bearerHash(secretHex: string): string {
  return createHash('sha256').update(secretHex, 'ascii').digest('hex');
}

/** Whose Bearer this is, and whether that device may send a request of this origin. */
export function identify(admitted: Admitted, store: Pick<DoorStore, 'findByBearerHash'>, port: number): Identified {
  const secret = BEARER.exec(admitted.header('authorization') ?? '')?.[1];
  const device = secret === undefined ? undefined : store.findByBearerHash(bearerHash(secret));
  if (!device || device.revokedAt !== undefined) {
    return { ok: false, refused: refusal('unauthorized', 'This device is not paired, or no longer. Pair it with a new code.') };
  }
  if (admitted.originless && device.kind !== 'cli' && device.kind !== 'api') {
    return { ok: false, device, refused: refusal('forbidden', 'Without an Origin only the command line and scripts may change anything.') };
  }
  if (admitted.origin !== undefined && admitted.origin !== originOf(device, port)) {
    return { ok: false, device, refused: refusal('forbidden', 'This device was paired from another origin.') };
  }
  return { ok: true, device };
}

/** The only origin a device may speak from. */
export function originOf(device: DoorDevice, port: number): string {
  return device.origin ?? pageOrigin(port);
}

/** Roles include the ones below them. */
export function mayUse(needed: Role | 'none', role: Role): boolean {
  return needed === 'none' || ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
