import type { Hono } from 'hono';
import * as z from 'zod/mini';
import { API, type Door, PROTOCOL, RunDetail, Status } from '#shared/api.ts';
import { Capture } from '#shared/capture.ts';
import { Check } from '#shared/check.ts';
import { ERROR_STATUS, ErrorBody, type ErrorCode } from '#shared/errors.ts';
import { Release } from '#shared/release.ts';
import { Run, RunEvent } from '#shared/run.ts';
import { Slot } from '#shared/slot.ts';
import type { DoorEnv } from './door-context.ts';
import { strictly } from './strict-parse.ts';

type Json = Record<string, unknown>;

const NOUNS = { Run, RunDetail, RunEvent, Capture, Check, Release, Slot, Status, Error: ErrorBody };

/** The contract table as OpenAPI 3.1. Made from the table, so a door cannot be missing; its operationId is the door's name. */
function openApiDocument(): Json {
  const nouns = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NOUNS)) nouns.add(schema, { id });
  const schemas: Json = {};

  const replySchema = (schema: z.core.$ZodType): unknown => {
    const { $schema: _dialect, $defs, ...rest } = z.toJSONSchema(schema, { metadata: nouns }) as Json & { $defs?: Json };
    for (const [id, noun] of Object.entries($defs ?? {})) schemas[id] = refsToComponents(noun);
    const id = nouns.get(schema)?.id;
    if (id === undefined) return refsToComponents(rest);
    schemas[id] = refsToComponents(rest);
    return { $ref: `#/components/schemas/${id}` };
  };
  const inputSchema = (schema: z.core.$ZodType): Json => {
    const { $schema: _dialect, ...rest } = z.toJSONSchema(strictly(schema), { io: 'input' }) as Json;
    return rest;
  };
  const errorResponse = (codes: readonly string[]): Json => ({
    description: codes.join(', '),
    content: { 'application/json': { schema: replySchema(ErrorBody) } },
  });
  const errors = Object.fromEntries(
    [...new Set(Object.values(ERROR_STATUS))].map((status) => [
      String(status),
      errorResponse((Object.keys(ERROR_STATUS) as ErrorCode[]).filter((code) => ERROR_STATUS[code] === status)),
    ]),
  );
  const protocol = {
    name: 'X-Codex-Builder-Protocol',
    in: 'header',
    required: true,
    schema: { type: 'string', const: String(PROTOCOL) },
  };
  const after = { name: 'after', in: 'query', required: false, schema: { type: 'integer', minimum: 0 } };
  const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

  const operation = (name: string, door: Door): Json => {
    const keyed = door.method !== 'GET' && door.key !== false;
    const fields = (place: 'path' | 'query', schema: z.core.$ZodType | undefined): Json[] => {
      if (!schema) return [];
      const { properties = {}, required = [] } = inputSchema(schema) as { properties?: Record<string, Json>; required?: string[] };
      return Object.entries(properties).map(([field, of]) => ({
        name: field,
        in: place,
        required: place === 'path' || required.includes(field),
        schema: of,
      }));
    };
    const key = {
      name: 'Idempotency-Key',
      in: 'header',
      required: true,
      description: 'Made by the client, kept for retries: the same key with the same request is answered the same and done once.',
      schema: { type: 'string', pattern: '^[\\x21-\\x7e]{8,200}$' },
    };
    const raw = name === 'createArtifact';
    const body = raw ? bytes : door.body ? { 'application/json': { schema: inputSchema(door.body) } } : undefined;
    return {
      operationId: name,
      summary: door.summary,
      ...(door.role === 'none' ? { security: [] } : { 'x-role': door.role }),
      parameters: [protocol, ...fields('path', door.params), ...fields('query', door.query), ...(keyed ? [key] : [])],
      ...(body ? { requestBody: { required: true, content: body } } : {}),
      responses: {
        [String(door.status)]: { description: door.summary, content: { 'application/json': { schema: replySchema(door.reply) } } },
        ...errors,
      },
    };
  };

  const paths: Record<string, Json> = {};
  for (const [name, door] of Object.entries(API) as [string, Door][]) {
    paths[door.path] = { ...paths[door.path], [door.method.toLowerCase()]: operation(name, door) };
  }
  const hash = { name: 'hash', in: 'path', required: true, schema: { type: 'string', pattern: '^[0-9a-f]{64}$' } };
  paths['/api/artifacts/{hash}'] = {
    get: {
      operationId: 'getArtifact',
      summary: 'The bytes of an artifact, as a download',
      'x-role': 'viewer',
      parameters: [protocol, hash],
      responses: { '200': { description: 'Bytes', content: bytes }, ...errors },
    },
  };
  paths['/api/events'] = {
    get: {
      operationId: 'events',
      summary: 'Notices as server-sent events; resumes after Last-Event-ID or ?after=',
      'x-role': 'viewer',
      parameters: [protocol, after, { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'integer' } }],
      responses: { '200': { description: 'A stream', content: { 'text/event-stream': { schema: { type: 'string' } } } }, ...errors },
    },
  };

  return {
    openapi: '3.1.0',
    info: {
      title: 'Codex Builder',
      version: String(PROTOCOL),
      description: 'A request becomes a checked, previewed change that a person approves.',
    },
    security: [{ device: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: { device: { type: 'http', scheme: 'bearer', description: "A device's secret: 64 hexadecimal characters." } },
    },
  };
}

/** `/openapi.json`, made once. */
export function mountOpenApi(app: Hono<DoorEnv>): void {
  let document: Json | undefined;
  app.get('/openapi.json', (c) => {
    document ??= openApiDocument();
    return c.json(document);
  });
}

function refsToComponents(schema: unknown): unknown {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text, (key, value: unknown) => (key === 'id' && typeof value === 'string' && value in NOUNS ? undefined : value));
}
