import type { Hono } from 'hono';
import { API, type Door, PROTOCOL } from '#shared/api.ts';
import { codesOf, isKeyed } from './door-codes.ts';
import type { DoorEnv } from './door-context.ts';
import { besidePaths } from './openapi-beside.ts';
import { BODY_EXAMPLES } from './openapi-examples.ts';
import { answer, BYTES, PROTOCOL_HEADER, refusals } from './openapi-parts.ts';
import { inputSchema, type Json, nounSchemas, replySchema } from './openapi-schemas.ts';

const TAGS: Readonly<Record<string, string>> = {
  status: 'How things stand',
  runs: 'Requests and what became of them',
  drafts: 'Follow-ups that agents proposed',
  slots: 'Preview places',
  releases: 'What is and was live',
  upstream: 'The person’s own repository',
  audit: 'Who did what',
  flags: 'Switches that act at once',
  devices: 'Pairing and devices',
  artifacts: 'Bytes by their hash',
  events: 'What becomes true, as it does',
  daemon: 'Whether the daemon works, and this document',
};
const TAG_OF: Readonly<Record<string, string>> = { pair: 'devices', 'pair-codes': 'devices' };

const KEY_HEADER = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'Made by the client, kept for retries: the same key with the same request is answered the same and done once.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{8,200}$' },
  example: '0b7e9a52-5c0f-4f39-9a3c-7b1d1c5f1f60',
};

/** The words a client needs beside the shape of a parameter. */
const FIELD_WORDS: Readonly<Record<string, string>> = {
  id: 'Of the noun in the path.',
  name: 'Of the log, as the run or release lists it.',
  from: 'Byte offset to read from; `next` of the reply before.',
  after: 'Newest sequence number already seen.',
  limit: 'How many at most.',
  cursor: '`nextCursor` of the page before.',
  before: 'Sequence number of the last entry of the page before.',
  state: 'One state or several with commas between.',
  route: 'Route of the page the request is about.',
  author: 'User who asked.',
  q: 'Words in title or prompt.',
  archived: 'Only those that were put away.',
  unread: 'Only those with news that you have not seen.',
  position: 'Of the follow-up in its run, from 1.',
};

function fields(place: 'path' | 'query', schema: Door['params']): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = inputSchema(schema) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([field, of]) => ({
    name: field,
    in: place,
    required: place === 'path' || required.includes(field),
    description: FIELD_WORDS[field] ?? field,
    schema: of,
  }));
}

function operation(name: string, door: Door): Json {
  const raw = name === 'createArtifact';
  const body = raw
    ? BYTES
    : door.body && { 'application/json': { schema: inputSchema(door.body), example: (BODY_EXAMPLES as Json)[name] } };
  const noun = door.path.split('/')[2]!;
  const location = { Location: { description: 'Where what was made is read.', schema: { type: 'string' } } };
  return {
    operationId: name,
    summary: door.summary,
    description: door.role === 'none' ? 'Needs no sign-in.' : `Needs the role ${door.role} or one above it.`,
    tags: [TAG_OF[noun] ?? noun],
    ...(door.role === 'none' ? { security: [] } : { security: [{ device: [] }], 'x-role': door.role }),
    parameters: [PROTOCOL_HEADER, ...fields('path', door.params), ...fields('query', door.query), ...(isKeyed(door) ? [KEY_HEADER] : [])],
    ...(body ? { requestBody: { required: true, content: body } } : {}),
    responses: {
      [String(door.status)]: answer(
        door.summary,
        { 'application/json': { schema: replySchema(door.reply) } },
        door.location ? location : {},
      ),
      ...refusals(codesOf(door)),
    },
  };
}

/** The contract table as OpenAPI 3.1. Made from the table, so a door cannot be missing; its operationId is the door's name. */
function openApiDocument(port: number): Json {
  const paths: Record<string, Json> = {};
  for (const [name, door] of Object.entries(API) as [string, Door][]) {
    paths[door.path] = { ...paths[door.path], [door.method.toLowerCase()]: operation(name, door) };
  }
  for (const [path, operations] of Object.entries(besidePaths())) paths[path] = { ...paths[path], ...operations };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Codex Builder',
      version: String(PROTOCOL),
      description: 'A request becomes a checked, previewed change that a person approves.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: `http://127.0.0.1:${port}`, description: 'The daemon, on its own host' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ device: [] }],
    paths,
    components: {
      schemas: nounSchemas(),
      securitySchemes: {
        device: { type: 'http', scheme: 'bearer', description: "A device's secret: 64 hexadecimal characters." },
      },
    },
    'x-websocket': {
      url: `ws://127.0.0.1:${port}/ws`,
      description:
        'Calls of the same doors, live notices and logs in JSON frames. Nothing is carried in URL or headers: the first frame is `hello`, and both sides prove that they hold the device’s secret.',
      sends: { $ref: '#/components/schemas/ClientFrame' },
      receives: { $ref: '#/components/schemas/DaemonFrame' },
    },
  };
}

/** `/openapi.json`, made once. */
export function mountOpenApi(app: Hono<DoorEnv>, port: number): void {
  let document: Json | undefined;
  app.get('/openapi.json', (c) => {
    document ??= openApiDocument(port);
    return c.json(document);
  });
}
