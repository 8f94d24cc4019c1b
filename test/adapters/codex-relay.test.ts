import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createMeter, type Meter, type MeterOptions } from '../../daemon/adapters/codex/meter.ts';
import { openRelay } from '../../daemon/adapters/codex/relay.ts';
import { freePort } from '../support/daemon-process.ts';
import { ODD_ANSWERS, startOddServer } from '../support/odd-server.ts';
import { run, type Scenarios, say, startScriptedModel } from '../support/scripted-model.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setup(script: Scenarios[string] = [say('hello')], upstream: { baseUrl?: string; apiKey?: string } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'relay-'));
  const model = await startScriptedModel(script);
  const socket = join(folder, 'relay.sock');
  const relay = await openRelay({
    socket,
    upstream: { baseUrl: model.baseUrl, apiKey: 'the-real-key', ...upstream },
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    log: () => {},
  });
  cleanups.push(() => rm(folder, { recursive: true }), model.close, relay.close);
  const seen = { calls: [] as string[], outputs: [] as string[], usages: 0 };
  const meter = (budget: MeterOptions['budget'] = {}): Meter =>
    createMeter({
      budget,
      prices: { inputPerMillion: 2, cachedInputPerMillion: 0, outputPerMillion: 10 },
      onUsage: () => seen.usages++,
      onCall: ({ name, callId }) => seen.calls.push(`${name} ${callId}`),
      onOutput: (callId, text) => seen.outputs.push(`${callId} ${text}`),
      onActivity: () => {},
    });
  return { folder, model, relay, socket, meter, seen };
}

interface Asked {
  token?: string;
  path?: string;
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}
function ask(
  socketPath: string,
  { token, path = '/v1/responses', method = 'POST', body = { model: 'm', input: [] }, headers = {} }: Asked,
) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const request = http.request({ socketPath, path, method, headers: { ...authorization, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

test('a request without the token of a running attempt is refused and never reaches the provider', async () => {
  const { relay, socket, meter, model } = await setup();
  const { token, dismiss } = relay.admit(meter());
  expect((await ask(socket, {})).status).toBe(401);
  expect((await ask(socket, { token: 'f'.repeat(64) })).status).toBe(401);
  expect((await ask(socket, { token })).status).toBe(200);
  dismiss();
  expect((await ask(socket, { token })).status).toBe(401);
  expect(model.requests).toHaveLength(1);
});

test('nothing but POST /v1/responses is forwarded', async () => {
  const { relay, socket, meter, model } = await setup();
  const { token } = relay.admit(meter());
  for (const [method, path] of [
    ['GET', '/v1/responses'],
    ['GET', '/v1/models'],
    ['POST', '/v1/chat/completions'],
    ['POST', '/v1/responses/../files'],
  ] as const) {
    expect((await ask(socket, { token, method, path })).status, `${method} ${path}`).toBe(404);
  }
  expect(model.requests).toHaveLength(0);
});

test('the provider gets its own key, and no cookie, token or hop-by-hop header', async () => {
  const { relay, socket, meter, model } = await setup();
  const { token } = relay.admit(meter());
  await ask(socket, {
    token,
    headers: { cookie: 'a=b', connection: 'x-private', 'x-private': '1', te: 'trailers', originator: 'codex_exec' },
  });
  const { headers } = model.requests[0]!;
  expect(headers.authorization).toBe('Bearer the-real-key');
  expect(JSON.stringify(headers)).not.toContain(token);
  for (const name of ['cookie', 'x-private', 'te']) expect(headers[name], name).toBeUndefined();
  expect(headers).toMatchObject({ originator: 'codex_exec' });
});

test('usage is added up, calls and only their own outputs are noticed, each once', async () => {
  const { relay, socket, meter, model, seen } = await setup([run('ls'), say('bye')]);
  const metered = meter();
  const { token } = relay.admit(metered);
  await ask(socket, { token });
  const callId = seen.calls[0]!.split(' ')[1]!;
  const input = [
    { type: 'function_call_output', call_id: 'call_of_before', output: 'old' },
    { type: 'function_call_output', call_id: callId, output: 'new' },
  ];
  await ask(socket, { token, body: { input } });
  await ask(socket, { token, body: { input } });
  expect(seen.outputs).toEqual([`${callId} new`]);
  expect(metered.usage).toEqual({ inputTokens: 3_000, cachedInputTokens: 300, outputTokens: 150 });
  expect(seen.usages).toBe(model.requests.length);
});

test.each([
  ['tokens', { tokens: 1_050 }],
  ['dollars', { costUsd: 0.0023 }],
])('when the %s are used up the next request is refused with 400 and not forwarded', async (_what, budget) => {
  const { relay, socket, meter, model } = await setup();
  const metered = meter(budget);
  const { token } = relay.admit(metered);
  expect((await ask(socket, { token })).status).toBe(200);
  expect(metered.overBudget).toBeUndefined();
  const refused = await ask(socket, { token });
  expect(refused.status).toBe(400);
  expect(refused.text).toContain('budget_exceeded');
  expect(metered.overBudget).toBeDefined();
  expect(model.requests).toHaveLength(1);
});

test('one attempt has no use of the budget or the outputs of another', async () => {
  const { relay, socket, meter } = await setup();
  const [poor, rich] = [relay.admit(meter({ tokens: 1 })), relay.admit(meter())];
  await ask(socket, { token: poor.token });
  expect((await ask(socket, { token: poor.token })).status).toBe(400);
  expect((await ask(socket, { token: rich.token })).status).toBe(200);
});

test.each([
  [401, 'signed_out', 400],
  [403, 'signed_out', 400],
  [429, 'rate_limited', 200],
  [500, 'unreachable', 500],
  [503, 'unreachable', 503],
] as const)('a %i of the provider is remembered as %s', async (http, reason, seenByCodex) => {
  const { relay, socket, meter } = await setup([{ http }]);
  const metered = meter();
  const { token } = relay.admit(metered);
  expect((await ask(socket, { token })).status).toBe(seenByCodex);
  expect(metered.failure?.reason).toBe(reason);
});

test('too many requests are passed on as a stream that asks to wait, unless waiting does not help', async () => {
  const { relay, socket, meter, model } = await setup([{ http: 429, headers: { 'retry-after': '7' } }]);
  const { token } = relay.admit(meter());
  expect((await ask(socket, { token })).text).toMatch(/response\.failed.*rate_limit_exceeded.*try again in 7s/s);
  model.teach('default', [{ http: 429, headers: { 'retry-after': '3600' } }]);
  expect((await ask(socket, { token })).status).toBe(429);
  model.teach('default', [{ http: 429, body: { error: { code: 'insufficient_quota' } } }]);
  expect((await ask(socket, { token })).status).toBe(429);
});

test('a provider that nobody answers for is unreachable, one that breaks off as well, and a good answer forgets both', async () => {
  const closed = await freePort();
  const dead = await setup([say('x')], { baseUrl: `http://127.0.0.1:${closed}/v1` });
  const metered = dead.meter();
  expect((await ask(dead.socket, { token: dead.relay.admit(metered).token })).status).toBe(503);
  expect(metered.failure?.reason).toBe('unreachable');

  const { relay, socket, meter, model } = await setup([{ drop: true }]);
  const broken = meter();
  const { token } = relay.admit(broken);
  await ask(socket, { token });
  expect(broken.failure?.reason).toBe('unreachable');
  model.teach('default', [say('well again')]);
  await ask(socket, { token });
  expect(broken.failure).toBeUndefined();
});

test.each([
  ['upgrade', 503],
  ['badStatus', 502],
] as const)('a provider that answers with %s does no harm', async (answer, status) => {
  const port = await startOddServer(ODD_ANSWERS[answer]);
  const { relay, socket, meter } = await setup([say('x')], { baseUrl: `http://127.0.0.1:${port}/v1` });
  const metered = meter();
  expect((await ask(socket, { token: relay.admit(metered).token })).status).toBe(status);
  expect(metered.failure?.reason).toBe('unreachable');
});

test('the end of an attempt cuts its request at the provider, and those of others go on', async () => {
  const { relay, socket, meter, model } = await setup([{ hold: 'gate', message: 'late' }]);
  const [gone, stays] = [relay.admit(meter()), relay.admit(meter())];
  const cut = ask(socket, { token: gone.token }).then(
    () => 'answered',
    () => 'cut',
  );
  const kept = ask(socket, { token: stays.token });
  await model.reached('gate');
  gone.dismiss();
  expect(await cut).toBe('cut');
  model.release('gate');
  expect((await kept).text).toContain('late');
});

test('a body that is no JSON object, or larger than 64 MiB, is refused', async () => {
  const { relay, socket, meter, model } = await setup();
  const { token } = relay.admit(meter());
  expect((await ask(socket, { token, body: 'junk' })).status).toBe(400);
  const flood = await ask(socket, { token, body: 'x'.repeat(64 * 1024 * 1024 + 1) }).then(
    ({ status }) => status,
    () => 'reset',
  );
  expect([413, 'reset']).toContain(flood);
  expect(model.requests).toHaveLength(0);
});

test('the socket can be opened by another user, a stale one is replaced, and it is gone when the relay is closed', async () => {
  const { relay, socket, folder } = await setup();
  expect((await stat(socket)).mode & 0o777).toBe(0o666);
  await relay.close();
  await expect(stat(socket)).rejects.toThrow();
  const options = {
    socket: join(folder, 'again.sock'),
    upstream: { baseUrl: 'http://127.0.0.1:9/v1' },
    randomHex: () => 'ab',
    log: () => {},
  };
  const stale = http.createServer().listen(options.socket);
  await new Promise((resolve) => stale.once('listening', resolve));
  const fresh = await openRelay(options);
  expect((await ask(options.socket, {})).status).toBe(401);
  await fresh.close();
  stale.close();
});
