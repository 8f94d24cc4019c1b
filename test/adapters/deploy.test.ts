import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDeployer } from '../../daemon/adapters/deploy/open-deployer.ts';
import { type OpenGateway, openGateway } from '../../daemon/adapters/gateway/open-gateway.ts';
import { openRepository } from '../../daemon/adapters/git/open-repository.ts';
import { pidsTagged, startTimeOf } from '../../daemon/adapters/process-facts.ts';
import { Settings } from '../../daemon/config/settings.ts';
import { bringLive } from '../../daemon/effects/bring-live.ts';
import type { Parts } from '../../daemon/effects/parts.ts';
import type { Deployer, ReleaseSpec, Repository, Sandbox } from '../../daemon/ports.ts';
import { memoryLog, quietLog, realClock } from '../gateway/parts.ts';
import { ask, freePort, GATEWAY_COMMAND, until } from '../gateway/run-gateway.ts';
import { openTestSandbox } from '../gateway/test-sandbox.ts';

let root: string;
let origin: string;
let sandbox: Sandbox;
let gateway: OpenGateway;
let deployer: Deployer;
let port: number;
const commits: string[] = [];
const signal = AbortSignal.timeout(60_000);

const SERVER = (version: string) => `
const http = require('node:http'), fs = require('node:fs');
const built = fs.existsSync('built.txt') ? fs.readFileSync('built.txt', 'utf8').trim() : 'unbuilt';
http.createServer((q, r) => {
  if (q.url === '/healthz') return r.writeHead(process.env.SICK ? 500 : 200).end();
  if (q.url === '/env') return r.end(JSON.stringify(process.env));
  if (q.url === '/rows') return r.end(fs.readFileSync(process.env.DATA_DIR + '/rows', 'utf8'));
  if (q.method === 'POST') { fs.appendFileSync(process.env.DATA_DIR + '/rows', 'row\\n'); return r.end(); }
  r.end('${version} ' + built + ' ' + q.headers.host);
}).listen(process.env.PORT, '127.0.0.1');
`;

const git = (...args: string[]) =>
  execFileSync('git', ['-C', origin, ...args], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', HOME: origin } }).trim();

let repository: Repository;

beforeAll(async () => {
  root = mkdtempSync('/var/tmp/gwd-');
  origin = join(root, 'origin');
  mkdirSync(origin);
  git('init', '-q', '-b', 'main');
  for (const version of ['one', 'two', 'three']) {
    writeFileSync(join(origin, 'server.cjs'), SERVER(version));
    git('add', '.');
    git('-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', version);
    commits.push(git('rev-parse', 'HEAD'));
  }
  sandbox = await openTestSandbox(join(root, 'run'));
  repository = openRepository({
    upstream: { kind: 'path', path: origin },
    gitDir: join(root, 'control.git'),
    indexFolder: join(root, 'index'),
    mainBranch: 'main',
    clock: realClock,
    log: quietLog,
    env: { path: '/usr/bin:/bin' },
  });
  expect(await repository.open()).toMatchObject({ ok: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

let state: string;
beforeEach(async () => {
  state = mkdtempSync(join(root, 's-'));
  port = await freePort();
  gateway = openGateway({
    command: [...GATEWAY_COMMAND] as unknown as [string, ...string[]],
    env: { PATH: '/usr/bin:/bin' },
    stateFolder: state,
    controlSocket: join(state, 'g.sock'),
    port,
    controlUrl: 'http://127.0.0.1:4400',
    clock: realClock,
    log: quietLog,
  });
  expect(await gateway.ensure()).toMatchObject({ ok: true });
  deployer = open();
});
afterEach(() => gateway.shutDown());

const open = () =>
  openDeployer({
    stateFolder: state,
    sandbox,
    repository,
    gateway,
    production: { port, authority: `app.localhost:${port}` },
    baseEnv: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
    clock: realClock,
    log: quietLog,
  });

function spec(n: number, more: Partial<ReleaseSpec> = {}): ReleaseSpec {
  return {
    releaseId: `rel_${n}`,
    commit: commits[(n - 1) % 3]!,
    start: 'exec node server.cjs',
    env: {},
    health: { path: '/healthz', timeoutMs: 8_000 },
    timeoutMs: 20_000,
    ...more,
  };
}

async function deploy(release: ReleaseSpec, keepWarm: string[] = []): Promise<void> {
  const before = await deployer.live();
  expect(await deployer.prepare(release, memoryLog(), signal)).toMatchObject({ end: 'prepared' });
  expect(await deployer.start(release, { migrate: true }, memoryLog(), signal)).toMatchObject({ end: 'healthy' });
  expect(await deployer.switchTo(release.releaseId, before)).toEqual({ end: 'switched' });
  await deployer.retire(keepWarm);
}

const body = async (path = '/') => (await ask({ port }, { path, host: `app.localhost:${port}` })).body;
const pids = () => pidsTagged(`release/${createHash('sha256').update(state).digest('hex').slice(0, 12)}`);

test('a release is built in the sandbox, started beside the live one, and gets the traffic; going back to the warm one is the same process', async () => {
  const build =
    "node -e \"require('fs').writeFileSync('built.txt', 'built')\" && test ! -e /work && ! node -e \"require('net').connect(80, '1.1.1.1').on('error', () => process.exit(1))\"";
  await deploy(spec(1, { build }));
  expect(await body()).toBe(`one built app.localhost:${port}`);
  const first = (await gateway.state()).live!;
  await deploy(spec(2, { build }), ['rel_1']);
  expect(await body()).toContain('two');
  const startedAt = performance.now();
  expect(await deployer.start(spec(1, { build }), { migrate: false }, memoryLog(), signal)).toMatchObject({
    end: 'healthy',
    pid: first.pid,
  });
  expect(await deployer.switchTo('rel_1', 'rel_2')).toEqual({ end: 'switched' });
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect(await body()).toContain('one');
  await deployer.retire([]);
  expect((await gateway.state()).releases.map(({ releaseId }) => releaseId)).toEqual(['rel_1']);
  expect(pids()).toHaveLength(1);
});

test('data and environment of production outlive every release; secrets are private and in no record', async () => {
  deployer = open();
  writeFileSync(join(state, 'production', 'env'), 'API_KEY="s3cret"\n');
  await deploy(spec(1, { env: { COLOUR: 'red' } }));
  await ask({ port }, { method: 'POST', host: `app.localhost:${port}` });
  await deploy(spec(2), ['rel_1']);
  await ask({ port }, { method: 'POST', host: `app.localhost:${port}` });
  await deployer.switchTo('rel_1', 'rel_2');
  expect(await body('/rows')).toBe('row\nrow\n');
  const env = JSON.parse(await body('/env'));
  expect(env).toMatchObject({
    API_KEY: 's3cret',
    COLOUR: 'red',
    DATA_DIR: join(state, 'production', 'data'),
    HOME: join(state, 'production', 'home'),
    RELEASE_COMMIT: commits[0],
  });
  expect(Object.keys(env)).not.toContain('npm_config_registry');
  expect(statSync(join(state, 'production', 'env')).mode & 0o777).toBe(0o600);
  expect(statSync(join(state, 'production', 'data')).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(state, 'gateway', 'state.json'), 'utf8')).not.toContain('s3cret');
});

test.each([
  ['answers badly', { env: { SICK: '1' }, health: { path: '/healthz', timeoutMs: 600 } }, 'health', 'answered 500'],
  ['never listens', { start: 'sleep 60', health: { path: '/healthz', timeoutMs: 600 } }, 'health', 'did not answer'],
  ['ends', { start: 'echo last words; exit 3' }, 'start', 'last words'],
] as const)('DEP-03 a release that %s leaves the live one alone and no process behind', async (_how, more, step, words) => {
  await deploy(spec(1));
  const bad = spec(2, more);
  await deployer.prepare(bad, memoryLog(), signal);
  const log = memoryLog();
  const outcome = await deployer.start(bad, { migrate: true }, log, signal);
  expect(outcome).toMatchObject({ end: 'failed', step, detail: expect.stringContaining(words) });
  expect(log.text()).not.toBe('');
  expect(await deployer.live()).toBe('rel_1');
  expect(await body()).toContain('one');
  expect(pids()).toHaveLength(1);
  expect(await deployer.switchTo('rel_2', 'rel_1')).toEqual({ end: 'not_running' });
  expect(await body()).toContain('one');
});

test('a release that ends between its health and the traffic is said to have ended, and what is live stays live', async () => {
  await deploy(spec(1));
  const between: Deployer = {
    ...deployer,
    switchTo: async (releaseId, expectLive) => {
      const { pid } = (await gateway.state()).releases.find((release) => release.releaseId === releaseId)!;
      process.kill(pid, 'SIGKILL');
      await until(
        () => startTimeOf(pid),
        (time) => time === undefined,
      );
      return deployer.switchTo(releaseId, expectLive);
    },
  };
  const { start, health } = spec(2);
  const settings = Settings.parse({ preview: { command: start }, deploy: { start, health } });
  const parts = {
    deployer: between,
    environment: { of: () => ({}) },
    settingsAt: async () => ({ ok: true, settings }),
  } as unknown as Parts;
  expect(await bringLive(parts, { processId: 'rel_2', commit: commits[1]!, migrate: true, log: memoryLog(), signal })).toEqual({
    ok: false,
    step: 'health',
    detail: 'the release ended before it got traffic',
  });
  expect(await body()).toContain('one');
  expect((await gateway.state()).releases.map(({ releaseId }) => releaseId)).toEqual(['rel_1']);
});

test('a failed build stops before anything is started, and the next try builds again', async () => {
  const failing = spec(1, { build: 'echo broken >&2; exit 7' });
  expect(await deployer.prepare(failing, memoryLog(), signal)).toMatchObject({
    end: 'failed',
    step: 'build',
    detail: expect.stringContaining('broken'),
  });
  expect(await deployer.start(failing, { migrate: true }, memoryLog(), signal)).toMatchObject({ end: 'failed', step: 'start' });
  await deploy(spec(1));
  expect(await body()).toContain('one');
});

test('the migration runs once per release with production’s data, and a failed one stops the release', async () => {
  const migrate = 'echo "$RELEASE_ID" >> "$DATA_DIR/migrations"';
  await deployer.prepare(spec(1, { migrate }), memoryLog(), signal);
  expect(await deployer.start(spec(1, { migrate }), { migrate: true }, memoryLog(), signal)).toMatchObject({ end: 'healthy' });
  await deployer.discard('rel_1'); // cut off before it went live
  deployer = open();
  await deploy(spec(1, { migrate }));
  await deploy(spec(2, { migrate }));
  await deployer.start(spec(1, { migrate }), { migrate: false }, memoryLog(), signal); // going back
  expect(readFileSync(join(state, 'production', 'data', 'migrations'), 'utf8')).toBe('rel_1\nrel_2\n');
  const bad = spec(3, { migrate: 'echo no such column >&2; exit 1' });
  await deployer.prepare(bad, memoryLog(), signal);
  expect(await deployer.start(bad, { migrate: true }, memoryLog(), signal)).toMatchObject({
    end: 'failed',
    step: 'migrate',
    detail: expect.stringContaining('no such column'),
  });
  expect(await deployer.live()).toBe('rel_2');
});

test('a step cut off by the death of the daemon is repeated: the same process is found, the same folder is used', async () => {
  const release = spec(1);
  const prepared = await deployer.prepare(release, memoryLog(), signal);
  const started = await deployer.start(release, { migrate: true }, memoryLog(), signal);
  const after = open();
  expect(await after.prepare(release, memoryLog(), signal)).toEqual(prepared);
  expect(await after.start(release, { migrate: true }, memoryLog(), signal)).toEqual(started);
  expect(await after.switchTo('rel_1', undefined)).toEqual({ end: 'switched' });
  expect(await after.switchTo('rel_1', undefined)).toEqual({ end: 'switched' });
  expect(await after.live()).toBe('rel_1');
  await after.discard('rel_1'); // never what is live
  expect(await body()).toContain('one');
  expect(pids()).toHaveLength(1);
});

test('the ring reuses the oldest folder and never that of the live or a warm release', async () => {
  await deploy(spec(1));
  await deploy(spec(2), ['rel_1']);
  for (let n = 3; n <= 7; n += 1) {
    await deployer.prepare(spec(n), memoryLog(), signal);
    expect(await body()).toContain('two');
  }
  expect(
    readdirSync(join(state, 'releases'))
      .filter((name) => name.length === 1)
      .sort(),
  ).toEqual(['A', 'B', 'C', 'D']);
  const folders = (await Promise.all([1, 2].map((n) => deployer.prepare(spec(n), memoryLog(), signal)))).map((outcome) => outcome.end);
  expect(folders).toEqual(['prepared', 'prepared']);
  const cwds = pids().map((pid) => readFileSync(join(`/proc/${pid}/cwd`, 'server.cjs'), 'utf8'));
  expect(cwds.some((text) => text.includes('one')) && cwds.some((text) => text.includes('two'))).toBe(true);
});

test('the logs of the twenty releases written last are kept, and those of releases that run', async () => {
  await deploy(spec(1));
  const logs = join(state, 'logs', 'releases');
  for (let n = 10; n < 40; n += 1) {
    writeFileSync(join(logs, `rel_${n}.log`), 'said');
    utimesSync(join(logs, `rel_${n}.log`), n, n);
  }
  utimesSync(join(logs, 'rel_1.log'), 1, 1);
  await deploy(spec(2), ['rel_1']);
  const kept = Array.from({ length: 20 }, (_, n) => `rel_${20 + n}.log`);
  expect(new Set(readdirSync(logs))).toEqual(new Set(['rel_1.log', 'rel_2.log', ...kept]));
});

test('a release that was started and never went live is discarded, and stopping while it starts ends it', async () => {
  await deploy(spec(1));
  await deployer.prepare(spec(2), memoryLog(), signal);
  const started = await deployer.start(spec(2), { migrate: true }, memoryLog(), signal);
  await deployer.discard('rel_2');
  expect(startTimeOf(started.end === 'healthy' ? started.pid : 0)).toBeUndefined();
  const stop = new AbortController();
  await deployer.prepare(spec(3, { start: 'sleep 60' }), memoryLog(), signal);
  const starting = deployer.start(spec(3, { start: 'sleep 60' }), { migrate: true }, memoryLog(), stop.signal);
  await until(pids, (all) => all.length >= 2);
  stop.abort();
  expect(await starting).toMatchObject({ end: 'failed', detail: expect.stringContaining('stopped') });
  expect(pids()).toHaveLength(1);
});

test('production is probed as a visitor sees it', async () => {
  expect(await deployer.probe('/', 2_000)).toMatchObject({ end: 'answered', status: 503 });
  await deploy(spec(1));
  expect(await deployer.probe('/', 2_000)).toMatchObject({ end: 'answered', status: 200 });
  expect(await deployer.probe('/?slow', 1)).toMatchObject({ durationMs: expect.any(Number) });
});
