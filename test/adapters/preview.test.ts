import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type OpenGateway, openGateway } from '../../daemon/adapters/gateway/open-gateway.ts';
import { openPreviewer } from '../../daemon/adapters/preview/open-previewer.ts';
import { pidsTagged } from '../../daemon/adapters/process-facts.ts';
import type { Previewer, PreviewRequest, Sandbox } from '../../daemon/ports.ts';
import { memoryLog, quietLog, realClock, realIds } from '../gateway/parts.ts';
import { ask, freePort, GATEWAY_COMMAND, PREVIEW_HOSTS, until } from '../gateway/run-gateway.ts';
import { openTestSandbox } from '../gateway/test-sandbox.ts';

/** Tags are found in the whole machine, so no other test may have the same. */
const mine = realIds.randomHex(6);
const runOf = (n: number) => `run_${mine}_${n}`;
let root: string;
let sandbox: Sandbox;
let gateway: OpenGateway;
let previewer: Previewer;
let port: number;

const SERVER = `
const http = require('node:http'), fs = require('node:fs'), net = require('node:net');
http.createServer((q, r) => {
  if (q.url === '/die') process.exit(5);
  if (q.url === '/env') return r.end(JSON.stringify(process.env));
  if (q.url === '/host') return r.end(q.headers.host);
  if (q.url === '/data') return r.end(JSON.stringify(fs.readdirSync('/data')));
  if (q.url === '/login') return r.writeHead(302, { location: '/' }).end();
  if (q.url.startsWith('/read')) { try { return r.end(fs.readFileSync(decodeURIComponent(q.url.slice(5)))); } catch (e) { return r.end(e.code); } }
  if (q.url.startsWith('/connect')) return net.connect(Number(q.url.slice(8)), '127.0.0.1').on('connect', () => r.end('open')).on('error', (e) => r.end(e.code));
  if (q.url.startsWith('/dial/')) { const [host, to] = q.url.slice(6).split('/'); return net.connect(Number(to), host).on('connect', () => r.end('open')).on('error', (e) => r.end(e.code)); }
  console.log('asked', q.url);
  r.writeHead(process.env.SICK ? 500 : 200, { 'content-type': 'text/html' }).end('hello from ' + process.env.NAME);
}).listen(process.env.PORT, process.env.HOST);
`;

beforeAll(async () => {
  root = mkdtempSync('/var/tmp/gwp-');
  sandbox = await openTestSandbox(join(root, 'run'));
  port = await freePort();
  const state = join(root, 'state');
  mkdirSync(state);
  gateway = openGateway({
    command: [...GATEWAY_COMMAND] as unknown as [string, ...string[]],
    env: { PATH: '/usr/bin:/bin' },
    stateFolder: state,
    controlSocket: join(root, 'g.sock'),
    port,
    clock: realClock,
    log: quietLog,
  });
  expect(await gateway.ensure({ previewHosts: PREVIEW_HOSTS })).toMatchObject({ ok: true });
  previewer = open();
});
afterEach(async () => {
  for (const slot of ['preview-1', 'preview-2']) expect(await previewer.stop(slot)).toEqual([]);
});
afterAll(async () => {
  await gateway.shutDown();
  rmSync(root, { recursive: true, force: true });
});

const open = () =>
  openPreviewer({
    sandbox,
    gateway,
    runFolder: join(root, 'p'),
    urlFor: (slot) => `http://preview${slot.slice('preview-'.length)}.localhost:${port}`,
    clock: realClock,
    log: quietLog,
  });

function request(n: number, more: Partial<PreviewRequest> = {}): PreviewRequest {
  const worktree = mkdtempSync(join(root, 'w-'));
  const dataFolder = mkdtempSync(join(root, 'd-'));
  writeFileSync(join(worktree, 'server.cjs'), SERVER);
  writeFileSync(join(dataFolder, `of-slot-${n}`), '');
  return {
    runId: runOf(n),
    slot: `preview-${n}`,
    seat: n,
    worktree,
    commit: 'a'.repeat(40),
    command: 'node server.cjs',
    env: { NAME: `slot ${n}` },
    dataFolder,
    health: { path: '/', timeoutMs: 8_000 },
    log: memoryLog(),
    signal: new AbortController().signal,
    ...more,
  };
}

const visit = (n: number, path = '/', headers = {}) => ask({ port }, { path, host: `preview${n}.localhost:${port}`, headers });

test('PRV-09 SEC-02 two previews on the same inner port are reached by their names, with their own data, and reach nothing else', async () => {
  const one = request(1);
  const outcomes = await Promise.all([previewer.start(one), previewer.start(request(2))]);
  expect(outcomes).toMatchObject([
    { end: 'listening', url: `http://preview1.localhost:${port}` },
    { end: 'listening', url: `http://preview2.localhost:${port}` },
  ]);
  expect([(await visit(1)).body, (await visit(2)).body]).toEqual(['hello from slot 1', 'hello from slot 2']);
  expect([(await visit(1, '/data')).body, (await visit(2, '/data')).body]).toEqual(['["of-slot-1"]', '["of-slot-2"]']);
  expect(previewer.health('preview-1')).toBe('healthy');
  expect((await visit(1, '/host')).body).toBe(`preview1.localhost:${port}`);
  const read = await visit(2, `/read${encodeURIComponent(join(one.dataFolder, 'of-slot-1'))}`);
  expect(read.body).toBe('ENOENT');
  expect((await visit(1, `/connect${port}`)).body).toBe('ECONNREFUSED'); // the gateway, and so production, is out of reach
  for (const place of ['169.254.169.254/80', '192.168.0.1/5432', '10.0.0.1/443', '203.0.113.80/80'])
    expect([place, (await visit(1, `/dial/${place}`)).body]).toEqual([place, 'ENETUNREACH']);
  expect((await visit(1, '/dial/127.0.0.1/3000')).body).toBe('open');
  const secrets = join(root, 'state', 'production.env');
  writeFileSync(secrets, 'KEY=canary', { mode: 0o644 });
  expect((await visit(1, `/read${encodeURIComponent(secrets)}`)).body).toBe('ENOENT');
  const env = JSON.parse((await visit(1, '/env')).body);
  expect(env).toMatchObject({ PORT: '3000', HOST: '127.0.0.1', DATA_DIR: '/data', NODE_ENV: 'development', NAME: 'slot 1' });
  expect(Object.keys(env).some((name) => /codex_home|api_key|npm_/i.test(name))).toBe(false);
  expect((one.log as ReturnType<typeof memoryLog>).text()).toContain('asked /');
});

test('PRV-07 a request to a preview says what it got and follows no redirect', async () => {
  await previewer.start(request(1));
  expect(await previewer.request('preview-1', '/', 2_000)).toMatchObject({
    end: 'answered',
    status: 200,
    contentType: 'text/html',
    bytes: 17,
  });
  expect(await previewer.request('preview-1', '/login', 2_000)).toMatchObject({ end: 'answered', status: 302 });
  expect(await previewer.request('preview-2', '/', 2_000)).toMatchObject({ end: 'no_answer' });
});

test('a preview that ends by itself is told once, with the reason, and its name answers the calm page', async () => {
  const told: unknown[] = [];
  previewer.onEnded((...args) => told.push(args));
  await previewer.start(request(1));
  await visit(1, '/die');
  await until(
    () => told.length,
    (n) => n === 1,
  );
  expect(told).toEqual([['preview-1', runOf(1), expect.stringContaining('exit code 5')]]);
  const page = await visit(1, '/', { accept: 'text/html' });
  expect(page.status).toBe(503);
  expect(page.body).toContain('No preview is running here');
  expect(previewer.health('preview-1')).toBe('stopped');
});

test('stopping ends the whole tree, is no end by itself, and the name answers 503', async () => {
  const told: unknown[] = [];
  previewer.onEnded((...args) => told.push(args));
  await previewer.start(request(1, { command: 'setsid sleep 1000 & sleep 1000 & node server.cjs' }));
  expect(pidsTagged(runOf(1))).not.toHaveLength(0);
  expect(await previewer.stop('preview-1')).toEqual([]);
  expect(pidsTagged(runOf(1))).toEqual([]);
  expect((await visit(1)).status).toBe(503);
  expect((await ask({ socketPath: join(root, 'g.sock') }, { path: '/state' })).body).not.toContain('preview1.localhost');
  expect(told).toEqual([]);
});

test.each([
  ['never listens', { command: 'sleep 1000' }, 'never_listened', 'nothing answered'],
  ['listens on another port', { command: 'PORT=4000 node server.cjs' }, 'never_listened', 'nothing answered'],
  ['is not healthy', { env: { SICK: '1' } }, 'unhealthy', 'answered 500'],
  ['ends at once', { command: 'echo no such module >&2; exit 9' }, 'exited', 'no such module'],
] as const)('PRV-13 a preview that %s fails in time, is never shown, and leaves no process', async (_how, more, why, words) => {
  const startedAt = performance.now();
  const outcome = await previewer.start(request(1, { ...more, health: { path: '/', timeoutMs: 1_500 } }));
  expect(outcome).toMatchObject({ end: 'failed', why, detail: expect.stringContaining(words) });
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  expect(pidsTagged(runOf(1))).toEqual([]);
  expect((await visit(1)).status).toBe(503);
  expect(previewer.health('preview-1')).toBe('stopped');
});

test('stopping while it starts ends it, by the slot or by the signal', async () => {
  const starting = previewer.start(request(1, { command: 'sleep 1000' }));
  await until(
    () => pidsTagged(runOf(1)).length,
    (n) => n > 0,
  );
  expect(await previewer.stop('preview-1')).toEqual([]);
  expect(await starting).toMatchObject({ end: 'failed', why: 'stopped' });
  const stop = new AbortController();
  const second = previewer.start(request(1, { command: 'sleep 1000', signal: stop.signal }));
  await until(
    () => pidsTagged(runOf(1)).length,
    (n) => n > 0,
  );
  stop.abort();
  expect(await second).toMatchObject({ end: 'failed', why: 'stopped' });
  expect(pidsTagged(runOf(1))).toEqual([]);
});

test('a new preview in a slot replaces the old one, and browsers are told to forget the old one', async () => {
  await previewer.start(request(1));
  const browser = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' };
  expect((await visit(1, '/', browser)).headers['clear-site-data']).toBeDefined();
  expect((await visit(1, '/', browser)).headers['clear-site-data']).toBeUndefined();
  await previewer.start({ ...request(1), runId: runOf(9), env: { NAME: 'the next run' } });
  expect(pidsTagged(runOf(1))).toEqual([]);
  expect((await visit(1, '/', browser)).headers['clear-site-data']).toBeDefined();
  expect((await visit(1, '/', browser)).body).toBe('hello from the next run');
});

test('a previewer that knows nothing of an earlier one still ends what it left in the slot', async () => {
  await previewer.start(request(1));
  const later = open();
  expect(existsSync(join(root, 'p', 'preview-1.tag')) && readFileSync(join(root, 'p', 'preview-1.tag'), 'utf8')).toBe(
    `${runOf(1)}/preview/preview-1`,
  );
  expect(await later.stop('preview-1')).toEqual([]);
  expect(pidsTagged(runOf(1))).toEqual([]);
});
