import type { Role } from '#shared/audit.ts';
import { ERROR_STATUS } from '#shared/errors.ts';
import type { DoorContext, DoorRequest } from './door-context.ts';
import type { DoorDevice } from './handlers.ts';
import { identify, mayUse } from './identify.ts';
import { problemBody, problemHeaders, type Refusal, refusal } from './problem.ts';

/** The response to a refused request. */
export function refuseRequest(c: DoorRequest, refused: Refusal): Response {
  return c.json(problemBody(refused, c.env.requestId), ERROR_STATUS[refused.code], problemHeaders(refused));
}

/** Refuses a request and has the audit log know. */
export function turnAway(c: DoorRequest, { audit }: DoorContext, subject: string, refused: Refusal, device?: DoorDevice): Response {
  const { requestId, traceId } = c.env;
  audit.refused({ actor: device?.user ?? 'nobody', deviceId: device?.id, subject, code: refused.code, requestId, traceId });
  return refuseRequest(c, refused);
}

/** The signed-in device behind a request, or the response that refuses it. `role` may be left to the door. */
export function signIn(
  c: DoorRequest,
  context: DoorContext,
  subject: string,
  role?: Role,
): { ok: true; device: DoorDevice } | { ok: false; response: Response } {
  const found = identify(c.env.admitted, context.store, context.port);
  if (!found.ok) return { ok: false, response: turnAway(c, context, subject, found.refused, found.device) };
  context.touch(found.device.id);
  if (role !== undefined && !mayUse(role, found.device.role)) {
    const refused = refusal('forbidden', `This needs the role ${role}.`);
    return { ok: false, response: turnAway(c, context, subject, refused, found.device) };
  }
  return { ok: true, device: found.device };
}
