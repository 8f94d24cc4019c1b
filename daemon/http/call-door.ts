import * as z from 'zod/mini';
import { API, type Door, type DoorName } from '#shared/api.ts';
import { ERROR_STATUS } from '#shared/errors.ts';
import { IdempotencyKey } from '#shared/ids.ts';
import type { Ids, Log } from '../ports.ts';
import { bodyHash } from './body-hash.ts';
import { codesOf, isKeyed } from './door-codes.ts';
import type { Caller, DoorDevice, DoorResult, HandledDoor, Handlers, Stranger } from './handlers.ts';
import { mayUse } from './identify.ts';
import { internalRefusal, problemBody, type Refusal, refusal } from './problem.ts';
import type { RefusedAudit } from './refused-audit.ts';
import { parsePart } from './strict-parse.ts';

export interface CallParts {
  handlers: Handlers;
  audit: RefusedAudit;
  ids: Ids;
  log: Log;
  /** Holds every reply against the contract; for tests. */
  checkReplies: boolean;
}

/** Everything about one call that HTTP and the socket know in their own ways. */
export interface DoorCall {
  door: HandledDoor;
  /** Undefined only at a door that needs no sign-in. */
  device?: DoorDevice;
  origin?: string;
  key?: string;
  requestId: string;
  traceId: string;
  /** Asked only after role and key fit, so that a stranger's body is never read. */
  input(): Promise<{ ok: true; params: unknown; query: unknown; body: unknown } | { ok: false; refused: Refusal }>;
  /** What a door wants to know of the parsed body before its handler does. */
  alsoRefuse?(body: unknown): Refusal | undefined;
}

export interface CallAnswer {
  status: number;
  body: unknown;
  location?: string;
  refused?: Refusal;
}

type CallInput = { params?: unknown; query?: unknown; body?: unknown };
type AnyHandler = (input: object, caller: Stranger) => DoorResult<DoorName> | Promise<DoorResult<DoorName>>;

/** The one way to a handler: role, key, input, handler, reply. Never throws. */
export async function callDoor({ handlers, audit, log, checkReplies }: CallParts, call: DoorCall): Promise<CallAnswer> {
  const door: Door = API[call.door];
  const refused = (why: Refusal): CallAnswer => ({
    status: ERROR_STATUS[why.code],
    body: problemBody(why, call.requestId),
    refused: why,
  });
  const turnedAway = (why: Refusal): CallAnswer => {
    const { device, requestId, traceId } = call;
    audit.refused({ actor: device?.user ?? 'nobody', deviceId: device?.id, subject: call.door, code: why.code, requestId, traceId });
    return refused(why);
  };
  try {
    if (door.role !== 'none' && !(call.device && mayUse(door.role, call.device.role))) {
      return turnedAway(refusal('forbidden', `This needs the role ${door.role}.`));
    }
    const keyed = isKeyed(door);
    if (keyed && !call.key) {
      return turnedAway(refusal('idempotency_key_required', 'A change needs an Idempotency-Key, made by the client and kept for retries.'));
    }
    if (keyed && !z.safeParse(IdempotencyKey, call.key).success) {
      return turnedAway(refusal('bad_request', 'An Idempotency-Key is 8 to 200 printable ASCII characters without spaces.'));
    }
    const raw = await call.input();
    if (!raw.ok) return turnedAway(raw.refused);
    const parts: CallInput = {};
    for (const part of ['params', 'query', 'body'] as const) {
      const parsed = parsePart(part, door[part], raw[part]);
      if (!parsed.ok) return turnedAway(parsed.refused);
      parts[part] = parsed.value;
    }
    const more = call.alsoRefuse?.(parts.body);
    if (more) return turnedAway(more);

    const handler = handlers[call.door] as unknown as AnyHandler;
    const result = await handler(parts, callerOf(call, keyed, parts));
    if (!result.ok) {
      const { ok: _ok, ...why } = result;
      if (checkReplies && !codesOf(door).includes(why.code))
        throw new Error(`${call.door} refused with ${why.code}, which its contract does not name`);
      return refused(why);
    }
    if (checkReplies) {
      const checked = parsePart('body', door.reply, JSON.parse(JSON.stringify(result.body)));
      if (!checked.ok) throw new Error(`The reply of ${call.door} is not what the contract says: ${checked.refused.message}`);
    }
    return { status: result.status ?? door.status, body: result.body, ...(result.location ? { location: result.location } : {}) };
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log('error', 'a door failed', { door: call.door, requestId: call.requestId, traceId: call.traceId, detail });
    return refused(internalRefusal());
  }
}

function callerOf(call: DoorCall, keyed: boolean, parts: CallInput): Stranger | Caller {
  const { door, device, requestId, traceId, origin } = call;
  const stranger: Stranger = {
    door,
    requestId,
    traceId,
    bodyHash: bodyHash(door, parts.params, parts.body),
    ...(origin === undefined ? {} : { origin }),
  };
  if (!device || API[door].role === 'none') return stranger;
  return {
    ...stranger,
    actor: device.user,
    role: device.role,
    deviceId: device.id,
    deviceKind: device.kind,
    ...(keyed && call.key ? { key: call.key } : {}),
  };
}
