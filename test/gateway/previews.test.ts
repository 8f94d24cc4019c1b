import { mkdirSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TestGateway, until } from './run-gateway.ts';

const gateway = new TestGateway();
let one: Awaited<ReturnType<TestGateway['startPreviewApp']>>;
let two: typeof one;
beforeAll(async () => {
  await gateway.start();
  one = await gateway.startPreviewApp('one');
  two = await gateway.startPreviewApp('two');
  await gateway.goLive('rel_production');
}, 20_000);
afterAll(() => gateway.end(), 20_000);

const put = (n: number, target: { unix: string; epoch?: string } | null) =>
  gateway.control('PUT', '/preview', { host: `preview${n}.localhost`, target });

test('two previews are reached by their own names, and production by its', async () => {
  await put(1, { unix: one.unix });
  await put(2, { unix: two.unix });
  const bodies = await Promise.all([gateway.preview(1, '/'), gateway.preview(2, '/'), gateway.production('/')]);
  expect(bodies.map(({ body }) => body)).toEqual(['one', 'two', 'rel_production']);
});

test('a preview never gets what is meant for somebody else', async () => {
  const answer = await gateway.preview(1, '/headers', {
    headers: { authorization: 'Bearer secret', cookie: 'codex_device=1; sid=2; Codex=3; __Host-codex-x=4', 'x-forwarded-for': '6.6.6.6' },
  });
  const flat = (JSON.parse(answer.body) as { raw: string[] }).raw.join('|').toLowerCase();
  expect(flat).not.toMatch(/authorization|bearer|codex|6\.6\.6\.6/);
  expect(flat).toContain('cookie|sid=2');
  const only = await gateway.preview(1, '/headers', { headers: { cookie: 'codex=1' } });
  expect(only.body.toLowerCase()).not.toContain('cookie');
});

test('each answer of a preview says which run it shows, one of production nothing', async () => {
  const said = async (n: number) => (await gateway.preview(n, '/')).headers['server-timing'];
  await put(1, { unix: one.unix, epoch: 'run_a' });
  expect(await said(1)).toBe('codex-builder-run;desc="run_a"');
  await put(1, { unix: two.unix, epoch: 'run_b' });
  expect(await said(1)).toBe('codex-builder-run;desc="run_b"');
  await put(1, { unix: one.unix });
  expect(await said(1)).toBeUndefined();
  expect((await gateway.production('/')).headers['server-timing']).toBeUndefined();
});

test('a WebSocket to a preview passes without our cookies', async () => {
  const ws = new WebSocket(`ws://127.0.0.1:${gateway.port}/@vite?t=1`, ['vite-hmr'], {
    headers: {
      host: `preview1.localhost:${gateway.port}`,
      origin: `http://preview1.localhost:${gateway.port}`,
      cookie: 'codex=1; sid=2',
      authorization: 'Bearer x',
    },
  });
  const hello = await new Promise<{ url: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
    ws.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()))).once('error', reject);
  });
  expect(ws.protocol).toBe('vite-hmr');
  expect(hello.url).toBe('/@vite?t=1');
  expect(hello.headers.cookie).toBe('sid=2');
  expect(hello.headers.authorization).toBeUndefined();
  ws.terminate();
});

test.each(['*', 'https://evil.example', 'null'])('a preview cannot open itself to %s', async (allowed) => {
  const query = new URLSearchParams({ 'access-control-allow-origin': allowed, 'access-control-allow-credentials': 'true', 'x-kept': '1' });
  const answer = await gateway.preview(1, `/echo-headers?${query}`);
  expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  expect(answer.headers['x-kept']).toBe('1');
});

test('a preview may name its own origin, and its cookies stay on its own name', async () => {
  const own = `http://preview1.localhost:${gateway.port}`;
  const answer = await gateway.preview(
    1,
    `/echo-headers?${new URLSearchParams({ 'access-control-allow-origin': own, 'set-cookie': 'a=1; Domain=localhost; Path=/' })}`,
  );
  expect(answer.headers['access-control-allow-origin']).toBe(own);
  expect(answer.headers['set-cookie']).toEqual(['a=1; Path=/']);
});

test.each([
  ['a page of another site', { origin: 'https://evil.example' }, 403],
  ['another preview', { origin: 'http://preview2.localhost:PORT' }, 403],
  ['production', { origin: 'http://app.localhost:PORT' }, 403],
  ['an opaque origin', { origin: 'null' }, 403],
  ['a script tag of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
  ['a link from another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
  ['its own page', { origin: 'http://preview1.localhost:PORT', 'sec-fetch-site': 'same-origin' }, 200],
  ['its own form under no-referrer', { origin: 'null', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' }, 200],
] as const)('a request to a preview by %s: %o is %i', async (_who, headers, status) => {
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(gateway.port))]));
  expect((await gateway.preview(1, '/', { headers: sent })).status).toBe(status);
});

test('a WebSocket to a preview by another site is refused', async () => {
  const status = await new Promise<number>((resolve) => {
    const ws = new WebSocket(`ws://127.0.0.1:${gateway.port}/`, {
      headers: { host: `preview1.localhost:${gateway.port}`, origin: 'https://evil.example' },
    });
    ws.on('unexpected-response', (_req, res) => resolve(res.statusCode!)).on('error', () => undefined);
  });
  expect(status).toBe(403);
});

test('the first answer after a new run tells the browser to forget the old one; a probe does not use that up', async () => {
  const forget = async (headers = {}) => (await gateway.preview(2, '/', { headers })).headers['clear-site-data'];
  const browser = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' };
  await put(2, { unix: two.unix, epoch: 'run_a' });
  expect(await forget()).toBe('"cache", "cookies", "storage"');
  expect(await forget()).toBeUndefined();
  expect(await forget(browser)).toBe('"cache", "cookies", "storage"');
  expect(await forget(browser)).toBeUndefined();
  expect(await forget()).toBeUndefined();
  await put(2, { unix: two.unix, epoch: 'run_b' });
  // By an answer of its own, so that nothing the app sets with its first one is forgotten too.
  const visit = () => gateway.preview(2, '//evil.example/a?b', { headers: browser });
  const { status, headers, body } = await visit();
  expect({ status, to: headers['location'], clears: headers['clear-site-data'], cookies: headers['set-cookie'] }).toEqual({
    status: 307,
    to: `http://preview2.localhost:${gateway.port}//evil.example/a?b`,
    clears: '"cache", "cookies", "storage"',
    cookies: undefined,
  });
  expect(body).not.toContain('two');
  expect((await visit()).status).not.toBe(307);
  await gateway.kill();
  await gateway.start();
  expect(await forget(browser)).toBeUndefined();
  expect((await gateway.production('/')).headers['clear-site-data']).toBeUndefined();
});

test('a browser is sent round once, also when that cannot be written down', async () => {
  const visit = async () => (await gateway.preview(2, '/', { headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' } })).status;
  await put(2, { unix: two.unix, epoch: 'run_unwritten' });
  const inTheWay = `${gateway.folder}/gateway/state.json.tmp`;
  mkdirSync(inTheWay);
  try {
    expect([await visit(), await visit(), await visit()]).toEqual([307, 200, 200]);
  } finally {
    rmdirSync(inTheWay);
  }
});

test('a name that is no preview host cannot be pointed anywhere', async () => {
  const answer = await gateway.control('PUT', '/preview', { host: 'app.localhost', target: { unix: one.unix } });
  expect(answer.status).toBe(404);
});

test('a preview whose socket became a link is not followed', async () => {
  const victim = await gateway.startPreviewApp('victim');
  const link = `${gateway.folder}/swapped.sock`;
  symlinkSync(victim.unix, link);
  await put(3, { unix: link });
  expect((await gateway.preview(3, '/')).status).toBe(503);
  rmSync(link);
});

test('a preview that is killed with a WebSocket open answers the calm page, and nobody else notices', async () => {
  await put(1, { unix: one.unix });
  const ws = new WebSocket(`ws://127.0.0.1:${gateway.port}/`, { headers: { host: `preview1.localhost:${gateway.port}` } });
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
  const closed = new Promise((resolve) => ws.once('close', resolve));
  one.process.kill('SIGKILL');
  await closed;
  const page = await until(
    () => gateway.preview(1, '/', { headers: { accept: 'text/html' } }),
    ({ status }) => status === 503,
  );
  expect(page.body).toContain('No preview is running here');
  expect((await gateway.preview(2, '/')).body).toBe('two');
  await put(1, null);
  expect((await gateway.preview(1, '/')).status).toBe(503);
});
