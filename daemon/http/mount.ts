import type { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { API, type Door } from '#shared/api.ts';
import { callDoor, type DoorCall } from './call-door.ts';
import type { DoorContext, DoorEnv } from './door-context.ts';
import { mayPairFrom } from './guard.ts';
import type { HandledDoor } from './handlers.ts';
import { problemHeaders, type Refusal, refusal } from './problem.ts';
import { parseJson, readBody } from './read-body.ts';
import { signIn } from './sign-in.ts';

/** Every door that takes JSON, at the method and path the contract gives it. */
export function mountDoors(app: Hono<DoorEnv>, context: DoorContext): void {
  for (const [name, door] of Object.entries(API) as [HandledDoor | 'createArtifact', Door][]) {
    if (name === 'createArtifact') continue; // raw bytes: artifacts.ts
    app.on(door.method, door.path.replace(/\{(\w+)\}/g, ':$1'), async (c) => {
      const { incoming, admitted, requestId, traceId } = c.env;
      const found = door.role === 'none' ? undefined : signIn(c, context, name);
      if (found && !found.ok) return found.response;

      const call: DoorCall = {
        door: name,
        device: found?.device,
        origin: admitted.origin,
        key: admitted.header('idempotency-key'),
        requestId,
        traceId,
        async input() {
          const query = queryOf(admitted.search);
          if (!query.ok) return query;
          if (door.method === 'GET') return { ok: true, params: c.req.param(), query: query.value, body: undefined };
          const read = await readBody(incoming, context.limits.bodyBytes);
          if (!read.ok) return read;
          const json = read.bytes.length === 0 && !door.body ? ({ ok: true, value: undefined } as const) : parseJson(read.bytes);
          if (!json.ok) return json;
          return { ok: true, params: c.req.param(), query: query.value, body: json.value };
        },
      };
      if (name === 'pair') call.alsoRefuse = (body) => pairRefusal(body, admitted.origin, context.port);

      const answer = await callDoor(context, call);
      return c.json(answer.body, answer.status as ContentfulStatusCode, {
        ...(answer.refused ? problemHeaders(answer.refused) : {}),
        ...(answer.location ? { location: answer.location } : {}),
      });
    });
  }
}

/** The page may not pair as an extension, nor the other way round: the origin is what a device is held to afterwards. */
export function pairRefusal(body: unknown, origin: string | undefined, port: number): Refusal | undefined {
  const { kind } = body as { kind: string };
  return mayPairFrom(origin, kind, port) ? undefined : refusal('forbidden', `A device of kind ${kind} cannot be paired from this origin.`);
}

function queryOf(search: string): { ok: true; value: Record<string, string> } | { ok: false; refused: Refusal } {
  const pairs = [...new URLSearchParams(search)];
  const value = Object.fromEntries(pairs);
  if (Object.keys(value).length === pairs.length) return { ok: true, value };
  return { ok: false, refused: refusal('bad_request', 'A query parameter may be given once.') };
}
