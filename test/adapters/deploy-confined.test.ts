import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDeployer } from '../../daemon/adapters/deploy/open-deployer.ts';
import { type OpenGateway, openGateway } from '../../daemon/adapters/gateway/open-gateway.ts';
import { openRepository } from '../../daemon/adapters/git/open-repository.ts';
import { isRunning, pidsTagged, startTimeOf } from '../../daemon/adapters/process-facts.ts';
import { type OpenedSandbox, openSandbox } from '../../daemon/adapters/sandbox/open-sandbox.ts';
import type { Deployer, ReleaseSpec, Repository } from '../../daemon/ports.ts';
import { memoryLog, quietLog, realClock } from '../gateway/parts.ts';
import { ask, freePort, GATEWAY_COMMAND, until } from '../gateway/run-gateway.ts';
import { isRoot, LAUNCHER_PATH } from './sandbox-support.ts';

const SECRET = 'v4ry-s3cret';
const signal = AbortSignal.timeout(60_000);
/** Reads whatever it is asked for with its own rights, and says who it is. */
const SERVER = `
const http = require('node:http'), fs = require('node:fs');
const read = (path) => { try { return fs.readFileSync(path, 'utf8'); } catch (error) { return error.code; } };
process.on('SIGTERM', () => setTimeout(() => { fs.writeFileSync('/data/tidy', ''); process.exit(0); }, 100));
http.createServer((q, r) => {
  const url = new URL(q.url, 'http://x');
  if (url.pathname === '/read') return r.end(read(url.searchParams.get('path')));
  if (url.pathname === '/who') return r.end(JSON.stringify({ uid: process.getuid(), pid: process.pid, cwd: process.cwd(), migrated: read('/data/migrated').trim(), env: process.env }));
  r.end('up');
}).listen(process.env.PORT, '127.0.0.1');
`;

let root: string;
let state: string;
let opened: OpenedSandbox;
let repository: Repository;
let gateway: OpenGateway;
let deployer: Deployer;
let port: number;
let commit: string;

beforeAll(async () => {
  root = mkdtempSync('/var/tmp/gwc-');
  const origin = join(root, 'origin');
  mkdirSync(origin);
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', origin, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { encoding: 'utf8' }).trim();
  git('init', '-q', '-b', 'main');
  writeFileSync(join(origin, 'server.cjs'), SERVER);
  git('add', '.');
  git('commit', '-qm', 'one');
  commit = git('rev-parse', 'HEAD');
  const sandbox = await openSandbox({
    folder: join(root, 'run'),
    nodePath: process.execPath,
    launcherPath: LAUNCHER_PATH,
    log: quietLog,
  });
  if (!sandbox.ok) throw new Error(sandbox.detail);
  opened = sandbox;
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

beforeEach(async () => {
  state = mkdtempSync(join(root, 's-'));
  port = await freePort();
  writeFileSync(join(state, 'cli-token'), 'token-of-the-owner', { mode: 0o600 });
  gateway = openGateway({
    command: [...GATEWAY_COMMAND] as unknown as [string, ...string[]],
    env: { PATH: '/usr/bin:/bin' },
    stateFolder: state,
    controlSocket: join(state, 'g.sock'),
    port,
    clock: realClock,
    log: quietLog,
  });
  expect(await gateway.ensure()).toMatchObject({ ok: true });
  deployer = openDeployer({
    stateFolder: state,
    sandbox: opened.sandbox,
    repository,
    gateway,
    production: { port, authority: `app.localhost:${port}` },
    baseEnv: { PATH: '/usr/bin:/bin' },
    confine: opened.releaseCommand,
    clock: realClock,
    log: quietLog,
  });
  writeFileSync(join(state, 'production', 'env'), `API_KEY="${SECRET}"\n`);
});
afterEach(async () => {
  await gateway.shutDown();
  expect(pids()).toEqual([]);
});

const body = async (path: string) => (await ask({ port }, { path, host: `app.localhost:${port}` })).body;
const read = (path: string) => body(`/read?path=${encodeURIComponent(path)}`);
const who = async () => JSON.parse(await body('/who'));
const pids = () => pidsTagged(`release/${createHash('sha256').update(state).digest('hex').slice(0, 12)}`);
const gatewayPid = async (): Promise<number> => JSON.parse((await ask({ socketPath: join(state, 'g.sock') }, { path: '/state' })).body).pid;
const gone = (pid: number) =>
  until(
    () => startTimeOf(pid),
    (time) => time === undefined,
  );

function spec(n: number, more: Partial<ReleaseSpec> = {}): ReleaseSpec {
  return {
    releaseId: `rel_${n}`,
    commit,
    migrate: `test ! -e ${join(state, 'cli-token')} && test "$API_KEY" && echo "$(id -u) $PWD" > "$DATA_DIR/migrated"`,
    start: 'exec node server.cjs',
    env: { COLOUR: 'red' },
    health: { path: '/', timeoutMs: 8_000 },
    timeoutMs: 20_000,
    ...more,
  };
}

async function deploy(release: ReleaseSpec): Promise<void> {
  const before = await deployer.live();
  expect(await deployer.prepare(release, memoryLog(), signal)).toMatchObject({ end: 'prepared' });
  expect(await deployer.start(release, { migrate: true }, memoryLog(), signal)).toMatchObject({ end: 'healthy' });
  expect(await deployer.switchTo(release.releaseId, before)).toEqual({ end: 'switched' });
  await deployer.retire([]);
}

test('SBX-01: production reads nothing of the daemon, as another user where there are users; its secrets and data reach it', async () => {
  await deploy(spec(1));
  const uid = isRoot ? 64_063 : process.getuid?.();
  expect(await who()).toMatchObject({
    uid,
    cwd: '/app',
    migrated: `${uid} /app`,
    env: { API_KEY: SECRET, COLOUR: 'red', DATA_DIR: '/data', HOME: '/data', NODE_ENV: 'production', RELEASE_COMMIT: commit },
  });
  expect(await read(join(state, 'cli-token'))).toBe('ENOENT');
  // The host's /proc is visible; what it leads to is not.
  for (const pid of [process.pid, await gatewayPid()]) {
    expect(await read(`/proc/${pid}/root${join(state, 'cli-token')}`)).toMatch(/^(EACCES|EPERM|ENOENT)$/);
    expect(await read(`/proc/${pid}/environ`)).toMatch(/^(EACCES|EPERM)$/);
  }
  expect(await read('/proc/self/environ')).toContain(SECRET);
  const commandLines = pids().map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  expect(commandLines.length).toBeGreaterThan(0);
  expect(commandLines.join('\n')).not.toContain(SECRET);
  expect(statSync(join(state, 'production', 'data', 'migrated')).uid).toBe(uid);
  expect(readFileSync(join(state, 'gateway', 'state.json'), 'utf8')).not.toContain(SECRET);
});

test('a release that is stopped is asked first and ends in its own time; the next one finds its data', async () => {
  await deploy(spec(1));
  const [tidy, first] = [join(state, 'production', 'data', 'tidy'), (await who()).pid];
  await deploy(spec(2, { build: 'touch built' }));
  expect(existsSync(tidy)).toBe(true);
  expect(startTimeOf(first)).toBeUndefined();
  expect((await who()).env.RELEASE_ID).toBe('rel_2');
  expect(await read('/data/tidy')).toBe('');
});

test('the app that dies is started again, and a killed gateway finds the very same release', async () => {
  await deploy(spec(1));
  const { pid: first } = await who();
  process.kill(first, 'SIGKILL');
  await gone(first);
  const second = await until(
    () => who().catch(() => undefined),
    (answer) => answer !== undefined && answer.pid !== first,
  );
  const { live } = await gateway.state();
  expect(live).toMatchObject({ restarts: 1 });
  const old = await gatewayPid();
  process.kill(old, 'SIGKILL');
  await gone(old);
  expect((await gateway.state()).live).toMatchObject({ releaseId: 'rel_1', pid: live!.pid, restarts: 1 });
  expect((await who()).pid).toBe(second.pid);
  // Adopted, not our child: its end is noticed all the same.
  process.kill(second.pid, 'SIGKILL');
  await until(
    () => who().catch(() => undefined),
    (answer) => answer !== undefined && answer.pid !== second.pid,
  );
});

test('what confines it is killed alone: the app does not stay behind as a second one', async () => {
  await deploy(spec(1));
  const [{ pid: app }, { live }] = [await who(), await gateway.state()];
  const startTime = startTimeOf(app)!;
  process.kill(live!.pid, 'SIGKILL');
  await until(
    () => who().catch(() => undefined),
    (answer) => answer !== undefined && answer.pid !== app,
  );
  expect(isRunning(app, startTime)).toBe(false);
});

test('shutting down ends it, also when the gateway is already dead', async () => {
  await deploy(spec(1));
  const { pid } = await who();
  const old = await gatewayPid();
  process.kill(old, 'SIGKILL');
  await gone(old);
  await gateway.shutDown();
  expect(startTimeOf(pid)).toBeUndefined();
});
