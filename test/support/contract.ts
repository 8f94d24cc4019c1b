import { randomBytes } from 'node:crypto';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type Answer, send } from '../http/support/raw-http.ts';

type Json = Record<string, unknown>;

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: Json;
  example?: string;
}

interface Described {
  operationId: string;
  parameters?: Parameter[];
  security: unknown[];
  'x-role'?: string;
  requestBody?: { content: Record<string, { schema: Json; example?: unknown }> };
  responses: Record<string, { headers?: Record<string, unknown>; content: Record<string, { schema: Json }> }>;
}

/** One operation of the document, and what a client would make of it. */
export interface Operation extends Described {
  path: string;
  method: string;
  /** As the document says it, role `none` where it needs no sign-in. */
  role: string;
  keyed: boolean;
  /** Properties that its body takes, and those it must have; undefined without a JSON body. */
  body: { properties: Record<string, Json>; required: readonly string[]; example: Json } | undefined;
}

export interface Call {
  params?: Record<string, string>;
  query?: string;
  body?: unknown;
  token?: string | undefined;
  headers?: Record<string, string | undefined>;
  method?: string;
}

/** Path parameters that are well formed and name nothing. */
const NOWHERE: Readonly<Record<string, string>> = {
  runs: `run_${'0'.repeat(26)}`,
  releases: `rel_${'0'.repeat(26)}`,
  devices: `dev_${'0'.repeat(26)}`,
  slots: 'preview-99',
  position: '7',
  name: 'nothing',
  hash: '0'.repeat(64),
};

export interface Contract {
  operations: readonly Operation[];
  operation(id: string): Operation;
  /** Sends a call made from the document; what is given replaces what the document suggests. */
  call(operation: Operation, given?: Call): Promise<Answer>;
  /** Everything about a reply that the document does not allow; empty when it keeps its word. */
  breaches(operation: Operation, answer: Answer): readonly string[];
}

/** Reads the daemon's own document and holds the daemon to it, with a validator that is not the daemon's. */
export async function readContract(port: number, admin: string): Promise<Contract> {
  const document = (await send(port, { path: '/openapi.json' })).json() as Json & { paths: Record<string, Record<string, Described>> };
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'doc', components: closed(document['components']) });
  const compiled = new Map<string, ValidateFunction>();
  const validator = (operation: Operation, status: number, schema: Json): ValidateFunction => {
    const name = `${operation.operationId} ${status}`;
    const known = compiled.get(name);
    if (known !== undefined) return known;
    // A refusal is two schemas over one object, which cannot both be closed.
    const own = status < 400 ? closed(schema) : schema;
    const made = ajv.compile(JSON.parse(JSON.stringify(own).replaceAll('"#/components', '"doc#/components')) as Json);
    compiled.set(name, made);
    return made;
  };

  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]): Operation => {
      const json = described.requestBody?.content['application/json'];
      return {
        ...described,
        path,
        method: method.toUpperCase(),
        role: described['x-role'] ?? 'none',
        keyed: (described.parameters ?? []).some(({ name }) => name === 'Idempotency-Key'),
        body:
          json === undefined
            ? undefined
            : {
                properties: (json.schema['properties'] ?? {}) as Record<string, Json>,
                required: (json.schema['required'] ?? []) as string[],
                example: json.example as Json,
              },
      };
    }),
  );

  return {
    operations,
    operation(id) {
      const found = operations.find(({ operationId }) => operationId === id);
      if (found === undefined) throw new Error(`the document has no operation ${id}`);
      return found;
    },

    call(operation, { params = {}, query = '', body, token = admin, headers = {}, method = operation.method } = {}) {
      const noun = operation.path.split('/')[2] ?? '';
      const path = operation.path.replace(/\{(\w+)\}/g, (_whole, name: string) =>
        encodeURIComponent(params[name] ?? NOWHERE[name === 'id' ? noun : name] ?? ''),
      );
      const type = Object.keys(operation.requestBody?.content ?? {})[0] ?? (method === 'GET' ? undefined : 'application/json');
      const wanted = Object.fromEntries(
        (operation.parameters ?? [])
          .filter((parameter) => parameter.in === 'header' && parameter.required)
          .map(({ name, example }) => [name.toLowerCase(), name === 'Idempotency-Key' ? randomBytes(16).toString('hex') : example!]),
      );
      const all: Record<string, string | undefined> = {
        origin: `http://127.0.0.1:${port}`,
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(type === undefined ? {} : { 'content-type': type }),
        ...wanted,
        ...headers,
      };
      const payload = body ?? (type === 'application/octet-stream' ? 'bytes' : operation.body?.example);
      return send(port, {
        method,
        path: path + query,
        headers: Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)),
        ...(payload === undefined || method === 'GET' ? {} : { body: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
      });
    },

    breaches(operation, answer) {
      const response = operation.responses[String(answer.status)];
      if (response === undefined) return [`status ${answer.status} is not described: ${answer.body.slice(0, 300)}`];
      const missing = Object.keys(response.headers ?? {})
        .filter((name) => answer.headers[name.toLowerCase()] === undefined)
        .map((name) => `header ${name} is missing`);
      const type = (answer.headers['content-type'] ?? '').split(';')[0]!;
      const content = response.content[type];
      if (content === undefined) return [...missing, `content type ${type} is not described`];
      if (type !== 'application/json') return missing;
      const check = validator(operation, answer.status, content.schema);
      if (check(answer.json())) return missing;
      return [
        ...missing,
        ...(check.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`),
      ];
    },
  };
}

/** The document leaves what it describes open for newer daemons; this daemon has to describe all that it says. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isObject = inner['type'] === 'object' && typeof inner['properties'] === 'object' && !('additionalProperties' in inner);
  const isWhole = isObject && !('openapi' in (inner['properties'] as Json));
  return (isWhole ? { ...inner, additionalProperties: false } : inner) as T;
}
