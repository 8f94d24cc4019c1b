import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { API, type Door, type DoorName, doorPath } from '#shared/api.ts';
import { ROLES } from '#shared/audit.ts';
import { ErrorBody } from '#shared/errors.ts';
import type { HandledDoor } from '../../daemon/http/handlers.ts';
import { HANDLED_DOORS, INPUTS } from './support/canned-handlers.ts';
import type { TestDevice } from './support/memory-store.ts';
import { type OpenDoor, openDoor, without } from './support/open-door.ts';
import { exchange, send, statusOf } from './support/raw-http.ts';

let door: OpenDoor;
const byRole = new Map<string, TestDevice>();
beforeAll(async () => {
  door = await openDoor({
    answers: {
      getChecks: () => {
        throw new Error('the secret is /home/somebody/.ssh');
      },
      getDiff: () => ({ ok: true, body: { base: 'not a commit' } as never }),
      approveRun: () => ({ ok: false, code: 'stale', message: 'The head has moved.', details: { headCommit: 'b' } }),
      retryRun: () => ({ ok: false, code: 'queue_full', message: 'Later.', retryAfterMs: 1_500 }),
    },
  });
  for (const role of ROLES) byRole.set(role, await door.store.addDevice({ user: `the-${role}`, role, kind: 'page' }));
});
afterAll(() => door.stop());
beforeEach(() => {
  door.seen.length = 0;
  door.store.refused.length = 0;
});

const failing = new Set<HandledDoor>(['getChecks', 'getDiff', 'approveRun', 'retryRun']);
const mutations = HANDLED_DOORS.filter((name) => API[name].method !== 'GET') as HandledDoor[];

describe('who may', () => {
  test.each(HANDLED_DOORS as HandledDoor[])(
    'WEB-12 APR-05 %s opens for its role and the ones above, for nobody below and for no stranger',
    async (name) => {
      const needed: string = API[name].role;
      for (const role of ROLES) {
        const { bearer } = byRole.get(role)!;
        const answer = await door.call(name, { headers: { authorization: bearer } });
        const allowed = needed === 'none' || ROLES.indexOf(role) >= ROLES.indexOf(needed as (typeof ROLES)[number]);
        if (!allowed) expect([role, answer.status, (answer.json() as ErrorBody).error.code]).toEqual([role, 403, 'forbidden']);
        else if (!failing.has(name)) expect([role, answer.status]).toEqual([role, API[name].status]);
        else expect(answer.status).not.toBe(403);
        if (!allowed) expect(door.store.refused.at(-1)).toMatchObject({ actor: `the-${role}`, subject: name, code: 'forbidden' });
      }
      expect(door.seen.length).toBe(needed === 'none' ? ROLES.length : ROLES.length - ROLES.indexOf(needed as (typeof ROLES)[number]));
      door.seen.length = 0;
      const stranger = await door.call(name, { headers: { authorization: '' } });
      expect(stranger.status).toBe(needed === 'none' ? API[name].status : 401);
      expect(door.seen.length).toBe(needed === 'none' ? 1 : 0);
    },
  );

  test('WEB-11 a token absent, wrong, cut, doubled, in capitals, in the query or revoked is 401 and is written nowhere', async () => {
    const { secretHex, bearer } = door.owner;
    const revoked = await door.store.addDevice({ role: 'admin', kind: 'page' });
    door.store.revoke(revoked.device.id);
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      'Bearer undefined',
      secretHex,
      bearer.slice(0, -1),
      `${bearer}0`,
      bearer.toUpperCase(),
      `Bearer ${secretHex.slice(0, 32)}${'0'.repeat(32)}`,
      `Basic ${secretHex}`,
      `Bearer  ${secretHex}`,
      `${bearer}, ${bearer}`,
      revoked.bearer,
    ]) {
      const answer = await door.call('status', { headers: { authorization } });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
    const inQuery = await door.call('status', { headers: { authorization: '' }, query: `?token=${secretHex}&access_token=${secretHex}` });
    expect(inQuery.status).toBe(401);
    expect(door.seen).toEqual([]);
    expect(JSON.stringify([door.store.refused, door.logged])).not.toContain(secretHex.slice(0, 16));
  });

  test('a refused request is audited with who, what and the request id that was answered', async () => {
    const other = await openDoor();
    const viewer = await other.store.addDevice({ user: 'the-viewer', role: 'viewer', kind: 'page' });
    const answer = await other.call('createRun', { headers: { authorization: viewer.bearer } });
    const { requestId } = (answer.json() as ErrorBody).error;
    expect(answer.headers['x-request-id']).toBe(requestId);
    await other.call('createRun', { headers: { authorization: 'Bearer x' } });
    await other.stop();
    expect(other.store.refused).toMatchObject([
      { actor: 'the-viewer', deviceId: viewer.device.id, subject: 'createRun', code: 'forbidden', requestId },
      { actor: 'nobody', subject: 'createRun', code: 'unauthorized' },
    ]);
  });
});

describe('what is taken', () => {
  test.each(mutations)('IDM-04 %s without a key, or with one that is no key, is 400 and does nothing', async (name) => {
    const { method }: Door = API[name];
    const { body } = INPUTS[name];
    const request = { method, path: doorPath(name, INPUTS[name].params), ...(body ? { body: JSON.stringify(body) } : {}) };
    const missing = await send(door.port, { ...request, headers: without(door.headers(), 'idempotency-key') });
    if ('key' in API[name]) {
      expect(missing.status).toBe(API[name].status);
      return;
    }
    expect(missing.status).toBe(400);
    expect(missing.json()).toMatchObject({ error: { code: 'idempotency_key_required' } });
    for (const key of ['short', 'k'.repeat(300), 'with space', 'tab\tinside']) {
      expect((await send(door.port, { ...request, headers: door.headers({ 'idempotency-key': key }) })).json()).toMatchObject({
        error: { code: 'bad_request' },
      });
    }
    expect(door.seen).toEqual([]);
  });

  test.each(mutations)('%s refuses a body key that the contract does not name, and says which', async (name) => {
    const body = { ...(INPUTS[name].body as object), sudo: true };
    const answer = await door.call(name, { body });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('sudo');
    expect(door.seen).toEqual([]);
  });

  test('an unknown key is found at any depth, and a proto key is one', async () => {
    const context = (more: object) => ({ prompt: 'x', context: { url: 'http://a/', ...more } });
    for (const [body, named] of [
      [context({ secret: 1 }), 'context: unknown key \\"secret\\"'],
      [context({ elements: [{ selector: 'a', onclick: 'x' }] }), 'context.elements.0: unknown key \\"onclick\\"'],
      [context({ viewport: { width: 1, height: 1, depth: 1 } }), 'context.viewport: unknown key \\"depth\\"'],
      ['{"prompt":"x","__proto__":{"role":"admin"}}', '__proto__'],
      ['{"prompt":"x","constructor":{}}', 'constructor'],
    ] as const) {
      const answer = await door.call('createRun', { body });
      expect([named, answer.status, answer.body.includes(named)]).toEqual([named, 400, true]);
    }
    expect('role' in {}).toBe(false);
    expect(door.seen).toEqual([]);
  });

  test('PI-04 what is not JSON, not UTF-8 or not an object is 400; deep nesting is no crash, and what is too long is named', async () => {
    for (const body of [
      '',
      'x',
      '{"prompt":',
      '[]',
      'null',
      '"x"',
      '1',
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      `{"prompt":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_001)}`,
    ]) {
      expect([body.slice(0, 20), (await door.call('createRun', { body })).status]).toEqual([body.slice(0, 20), 400]);
    }
    const bytes = Buffer.from([0x7b, 0x22, 0x70, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    expect((await send(door.port, { method: 'POST', path: '/api/runs', headers: door.headers(), body: bytes })).status).toBe(400);
    const long = await door.call('createRun', { body: { prompt: 'x', context: { url: 'http://x', title: 'x'.repeat(501) } } });
    expect([long.status, long.body]).toEqual([400, expect.stringContaining('title')]);
    expect(door.seen).toEqual([]);
  });

  test('an unknown, doubled or ill-typed query parameter is 400', async () => {
    for (const query of ['?colour=red', '?limit=1&limit=2', '?limit=0', '?limit=201', '?limit=ten', '?state=sleeping', '?__proto__=1']) {
      expect([query, (await door.call('listRuns', { query })).status]).toEqual([query, 400]);
    }
    expect((await door.call('status', { query: '?x=1' })).status).toBe(400);
    expect((await door.call('listRuns', { query: '?limit=7&state=queued,failed' })).status).toBe(200);
    expect(door.seen.at(-1)!.input.query).toEqual({ limit: 7, state: 'queued,failed' });
  });

  test('an id that is none names nothing: 404 before any handler', async () => {
    for (const id of ['run_x', 'x', `run_${'0'.repeat(27)}`, '%20', `rel_${'0'.repeat(26)}`]) {
      expect([id, (await send(door.port, { path: `/api/runs/${id}`, headers: door.headers() })).status]).toEqual([id, 404]);
    }
    expect(door.seen).toEqual([]);
  });

  test('DOS-03 a body over the cap is 413 before the handler, announced, chunked or lied about', async () => {
    const big = JSON.stringify({ prompt: 'x'.repeat(1_100_000) });
    expect((await door.call('createRun', { body: big })).status).toBe(413);
    const head = (more: string) =>
      `POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nConnection: close\r\n${Object.entries(door.headers())
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}${more}\r\n\r\n`;
    const chunk = 'x'.repeat(65_536);
    const chunked = `${head('Transfer-Encoding: chunked')}${`${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(20)}0\r\n\r\n`;
    expect(statusOf(await exchange(door.port, chunked))).toBe(413);
    const announced = await exchange(door.port, head('Content-Length: 99999999'), (soFar) => soFar.includes('\r\n\r\n'));
    expect(statusOf(announced)).toBe(413);
    const short = `${head('Content-Length: 16')}{"prompt":"yes"}{"prompt":"smuggled"}`;
    await exchange(door.port, short);
    expect(door.seen.map(({ input }) => input.body)).toEqual([{ prompt: 'yes' }]); // and the rest is no second request
  });
});

describe('what a handler is given', () => {
  test('the caller with device, key, trace and a hash of the request that does not depend on key order', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const key = 'the-key-1';
    const send1 = (body: string, more = {}) => door.call('createRun', { headers: { traceparent, 'idempotency-key': key, ...more }, body });
    await send1('{"prompt":"x","priority":"high"}');
    await send1('{"priority":"high","prompt":" x "}');
    await send1('{"prompt":"y","priority":"high"}');
    const [first, second, third] = door.seen.map(({ caller }) => caller);
    expect(first).toMatchObject({
      actor: 'owner',
      role: 'admin',
      deviceId: door.owner.device.id,
      deviceKind: 'page',
      door: 'createRun',
      key,
      origin: door.page,
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    });
    expect(first!.bodyHash).toMatch(/^[0-9a-f]{64}$/);
    expect(second!.bodyHash).toBe(first!.bodyHash);
    expect(third!.bodyHash).not.toBe(first!.bodyHash);
    expect(door.seen[1]!.input.body).toEqual({ prompt: 'x', priority: 'high' });
  });

  test.each([
    '',
    'x',
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  ])('a traceparent that is none (%s) is replaced by a fresh one', async (traceparent) => {
    await door.call('status', { headers: { traceparent } });
    expect(door.seen[0]!.caller.traceId).toMatch(/^(?!0{32})(?!4bf9)[0-9a-f]{32}$/);
  });

  test('a device is noted as seen, but not on every request', async () => {
    const { bearer, device } = await door.store.addDevice({ role: 'viewer', kind: 'page' });
    for (let i = 0; i < 5; i++) await door.call('status', { headers: { authorization: bearer } });
    expect(door.store.touched.filter((id) => id === device.id)).toEqual([device.id]);
  });
});

describe('what is answered', () => {
  test('a failure inside is 500 with a request id and without a word of it', async () => {
    const answer = await door.call('getChecks');
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('ssh');
    const { error } = z.parse(ErrorBody, answer.json());
    const logged = door.logged.find(({ fields }) => JSON.stringify(fields ?? {}).includes(error.requestId));
    expect(JSON.stringify(logged)).toContain('ssh');
  });

  test('a reply that breaks the contract is caught', async () => {
    expect((await door.call('getDiff')).status).toBe(500);
  });

  test("a handler's refusal keeps its code, details and time to wait", async () => {
    const stale = await door.call('approveRun');
    expect([stale.status, stale.json()]).toMatchObject([409, { error: { code: 'stale', details: { headCommit: 'b' } } }]);
    const later = await door.call('retryRun');
    expect([later.status, later.headers['retry-after']]).toEqual([429, '2']);
    expect(door.store.refused.filter(({ code }) => code === 'stale' || code === 'queue_full')).toEqual([]); // the handler's own commit audits it
  });

  test('an unknown path is 404, another method 405 with those that are answered, in the one error body', async () => {
    for (const [method, path, status, allow] of [
      ['GET', '/api/nothing', 404, undefined],
      ['GET', '/nothing', 404, undefined],
      ['POST', '/api/status', 405, 'GET'],
      ['DELETE', '/api/runs', 405, 'POST, GET'],
      ['PATCH', '/api/flags', 405, 'GET, PUT'],
      ['GET', '/api/pair', 405, 'POST'],
      ['PUT', '/codex', 405, 'GET, HEAD'],
      ['PUT', '/api/events', 405, 'GET'],
    ] as const) {
      const answer = await send(door.port, { method, path, headers: door.headers(), ...(method === 'GET' ? {} : { body: '{}' }) });
      expect([path, answer.status, answer.headers['allow']]).toEqual([path, status, allow]);
      expect(z.safeParse(ErrorBody, answer.json()).success).toBe(true);
    }
    expect((await send(door.port, { method: 'HEAD', path: '/api/status', headers: door.headers() })).status).toBe(405);
  });

  test('WEB-17 every response of every route carries the security headers, sets no cookie and allows no other origin', async () => {
    const anyHash = 'a'.repeat(64);
    const answers = [
      ...(await Promise.all(
        (Object.keys(API) as DoorName[]).flatMap((name) => {
          if (name === 'createArtifact') return [];
          return [
            door.call(name),
            door.call(name, { headers: { authorization: '' } }),
            door.call(name, { headers: { origin: 'http://evil' } }),
          ];
        }),
      )),
      ...(await Promise.all(
        [
          '/',
          '/codex',
          '/codex/',
          '/codex/app.js',
          '/codex/none.js',
          '/healthz',
          '/readyz',
          '/openapi.json',
          '/metrics',
          '/none',
          '/ws',
          `/api/artifacts/${anyHash}`,
        ].map((path) => send(door.port, { path, headers: door.headers() })),
      )),
      await send(door.port, { path: '/codex', headers: { host: `localhost:${door.port}` } }),
      await send(door.port, { method: 'OPTIONS', path: '/api/runs' }),
      await send(door.port, { method: 'POST', path: '/api/runs', headers: door.headers({ expect: 'the-unexpected' }), body: '{}' }),
      await send(door.port, {
        method: 'POST',
        path: '/api/artifacts',
        headers: door.headers({ 'content-type': 'application/octet-stream' }),
        body: 'x',
      }),
    ];
    expect(answers.length).toBeGreaterThan(80);
    for (const { status, headers } of answers) {
      expect(headers, String(status)).toMatchObject({
        'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'/),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'permissions-policy': expect.any(String),
      });
      expect(Object.keys(headers).filter((name) => name === 'set-cookie' || name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('OpenAPI describes every door, its key, its roles and its errors', async () => {
    const document = (await send(door.port, { path: '/openapi.json' })).json() as {
      openapi: string;
      paths: Record<
        string,
        Record<
          string,
          {
            operationId: string;
            parameters: { name: string }[];
            responses: object;
            security?: unknown[];
            requestBody?: { content: Record<string, { schema: { additionalProperties?: boolean } }> };
          }
        >
      >;
      components: { schemas: object };
    };
    expect(document.openapi).toBe('3.1.0');
    for (const [name, described] of Object.entries(API) as [DoorName, Door][]) {
      const operation = document.paths[described.path]?.[described.method.toLowerCase()];
      expect(operation?.operationId).toBe(name);
      const names = operation!.parameters.map((parameter) => parameter.name);
      expect(names.includes('Idempotency-Key')).toBe(described.method !== 'GET' && described.key !== false);
      for (const [, inPath] of described.path.matchAll(/\{(\w+)\}/g)) expect(names).toContain(inPath);
      expect(Object.keys(operation!.responses)).toEqual(
        expect.arrayContaining([String(described.status), '400', '401', '403', '426', '500']),
      );
      expect(operation!.security).toEqual(described.role === 'none' ? [] : [{ device: [] }]);
      if (described.body) expect(operation!.requestBody!.content['application/json']!.schema.additionalProperties).toBe(false);
    }
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(['Run', 'Release', 'Slot', 'Error', 'Status']));
    const text = JSON.stringify(document);
    expect(text).not.toContain('$defs');
    for (const [, ref] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) expect(document.components.schemas).toHaveProperty(ref!);
  });

  test('metrics need a sign-in; health does not', async () => {
    expect((await send(door.port, { path: '/metrics' })).status).toBe(401);
    const metrics = await send(door.port, { path: '/metrics', headers: { authorization: door.cli.bearer } });
    expect([metrics.status, metrics.body]).toEqual([200, expect.stringContaining('codex_builder_runs 0')]);
    expect((await send(door.port, { path: '/readyz' })).json()).toMatchObject({ ready: true });
  });
});
