import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GatewayOptions, type OpenGateway, openGateway } from '../../daemon/adapters/gateway/open-gateway.ts';
import { startTimeOf } from '../../daemon/adapters/process-facts.ts';
import { quietLog, realClock } from '../gateway/parts.ts';
import { ask, FIXTURE_APP, freePort, GATEWAY_COMMAND, PREVIEW_HOSTS, TSX, until } from '../gateway/run-gateway.ts';

let folder: string;
let options: GatewayOptions;
let opened: OpenGateway;
const starters = new Set<ChildProcess>();
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gwa-'));
  options = {
    command: [...GATEWAY_COMMAND] as unknown as [string, ...string[]],
    env: { PATH: '/usr/bin:/bin' },
    stateFolder: folder,
    controlSocket: join(folder, 'gateway.sock'),
    port: await freePort(),
    controlUrl: 'http://127.0.0.1:4400',
    clock: realClock,
    log: quietLog,
  };
  opened = openGateway(options);
});
afterEach(async () => {
  for (const starter of starters) starter.kill('SIGKILL');
  starters.clear();
  await opened.shutDown();
  rmSync(folder, { recursive: true, force: true });
});

const production = (path: string) => ask({ port: options.port }, { path, host: `app.localhost:${options.port}` });
const gatewayPid = async (): Promise<number> => JSON.parse((await ask({ socketPath: options.controlSocket }, { path: '/state' })).body).pid;
const release = (releaseId: string) => ({
  releaseId,
  commit: 'c'.repeat(40),
  argv: [process.execPath, FIXTURE_APP] as const,
  cwd: folder,
  env: { PATH: '/usr/bin:/bin' },
  dataDir: folder,
  logFile: join(folder, 'release.log'),
});
async function goLive(releaseId: string): Promise<number> {
  const started = await opened.startRelease(release(releaseId));
  if (!started.ok) throw new Error(started.detail);
  await until(() => ask({ port: started.port }, {}).catch(() => undefined), Boolean);
  expect(await opened.swap(releaseId, (await opened.state()).live?.releaseId)).toEqual({ end: 'switched' });
  return started.pid;
}

test('the first daemon starts it, the second finds it, and it is the same process', async () => {
  expect(await opened.ensure()).toEqual({ ok: true, url: `http://app.localhost:${options.port}`, adopted: false });
  const pid = await gatewayPid();
  expect(await openGateway(options).ensure()).toMatchObject({ ok: true, adopted: true });
  expect(await gatewayPid()).toBe(pid);
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean)).toEqual(['PATH=/usr/bin:/bin']);
  expect(statSync(join(folder, 'logs', 'gateway.log')).mode & 0o777).toBe(0o600);
});

test('many who ask at once get one gateway', async () => {
  const all = await Promise.all([opened.ensure(), opened.ensure(), openGateway(options).ensure()]);
  expect(all.every(({ ok }) => ok)).toBe(true);
  expect((await openGateway(options).ensure()) as object).toMatchObject({ adopted: true });
});

test('it and the live release survive the death of the daemon that started them', async () => {
  const { clock: _clock, log: _log, ...plain } = options;
  const script = fileURLToPath(new URL('../gateway/ensure-and-wait.ts', import.meta.url));
  const starter = spawn(process.execPath, ['--import', TSX, script, JSON.stringify(plain)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  starters.add(starter);
  await new Promise((resolve) => starter.stdout!.once('data', resolve));
  const pid = await gatewayPid();
  const releasePid = await goLive('rel_a');
  const gone = new Promise((resolve) => starter.once('exit', resolve));
  starter.kill('SIGKILL');
  await gone;
  expect((await production('/')).body).toBe('rel_a');
  expect(await opened.ensure()).toMatchObject({ ok: true, adopted: true });
  expect(await gatewayPid()).toBe(pid);
  expect((await opened.state()).live).toMatchObject({ releaseId: 'rel_a', pid: releasePid, restarts: 0 });
});

test('a gateway that was killed is started again by the next call and has the same releases', async () => {
  await opened.ensure();
  const releasePid = await goLive('rel_a');
  const pid = await gatewayPid();
  process.kill(pid, 'SIGKILL');
  await until(
    () => startTimeOf(pid),
    (time) => time === undefined,
  );
  expect((await opened.state()).live).toMatchObject({ releaseId: 'rel_a', pid: releasePid });
  expect(await gatewayPid()).not.toBe(pid);
  expect((await production('/')).body).toBe('rel_a');
});

test('a port taken by another program is named, with a remedy, and nothing is left behind', async () => {
  const other = createServer().listen(options.port, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const ensured = await opened.ensure();
  expect(ensured).toMatchObject({
    ok: false,
    detail: expect.stringContaining(String(options.port)),
    remedy: expect.stringContaining('--gateway-port'),
  });
  await new Promise((resolve) => other.close(resolve));
});

test('a socket path that is too long is said, not truncated', async () => {
  const long = openGateway({ ...options, controlSocket: join(folder, 'x'.repeat(100)) });
  expect(await long.ensure()).toMatchObject({ ok: false, detail: expect.stringContaining('107 bytes') });
});

test('a gateway of another state folder or port is left alone and said', async () => {
  await opened.ensure();
  const pid = await gatewayPid();
  const otherFolder = mkdtempSync(join(tmpdir(), 'gwo-'));
  expect(await openGateway({ ...options, stateFolder: otherFolder }).ensure()).toMatchObject({
    ok: false,
    detail: expect.stringContaining('another state folder'),
  });
  expect(await openGateway({ ...options, port: options.port + 1 }).ensure()).toMatchObject({
    ok: false,
    detail: expect.stringContaining('port'),
  });
  expect(await gatewayPid()).toBe(pid);
  rmSync(otherFolder, { recursive: true });
});

test('/codex leads to the control page from the first moment', async () => {
  await opened.ensure();
  expect((await production('/codex')).headers.location).toBe('http://127.0.0.1:4400/codex');
});

test('PRV-06: names are served as far as there are slots; the next one is refused, also by a gateway that was started again', async () => {
  const statusOf = async (n: number) => (await ask({ port: options.port }, { host: `preview${n}.localhost:${options.port}` })).status;
  await opened.ensure({ previewHosts: PREVIEW_HOSTS });
  expect(await Promise.all([1, 3, 4].map(statusOf))).toEqual([503, 503, 403]);
  const pid = await gatewayPid();
  process.kill(pid, 'SIGKILL');
  await until(
    () => startTimeOf(pid),
    (time) => time === undefined,
  );
  rmSync(join(folder, 'gateway'), { recursive: true });
  expect(await opened.ensure()).toMatchObject({ adopted: false });
  expect(await Promise.all([1, 4].map(statusOf))).toEqual([503, 403]);
});

test('shutting down ends the gateway and every release, also when the gateway is already dead', async () => {
  await opened.ensure();
  const first = await goLive('rel_a');
  await opened.shutDown();
  expect(startTimeOf(first)).toBeUndefined();
  await opened.ensure();
  const { live } = await opened.state();
  expect(live).toMatchObject({ releaseId: 'rel_a' });
  const pid = await gatewayPid();
  process.kill(pid, 'SIGKILL');
  await until(
    () => startTimeOf(pid),
    (time) => time === undefined,
  );
  await opened.shutDown();
  expect(startTimeOf(live!.pid)).toBeUndefined();
});
