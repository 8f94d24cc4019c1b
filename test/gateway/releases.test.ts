import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, TestGateway, until } from './run-gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await new TestGateway().start();
}, 20_000);
afterEach(() => gateway.end(), 20_000);

test('ten switches under constant load fail no request, and the old releases are gone after their drain', async () => {
  await gateway.goLive('rel_0');
  const agent = new Agent({ keepAlive: true });
  const failed: unknown[] = [];
  const seen = new Set<string>();
  let done = 0;
  let stopping = false;
  const worker = async (kind: number) => {
    while (!stopping) {
      const options = [{ agent }, {}, { agent, method: 'POST', body: 'x'.repeat(10_000) }, { method: 'POST', body: 'y' }][kind % 4]!;
      const path = kind === 7 ? '/slow?ms=300' : '/';
      const answer = await gateway.production(path, options).catch((error: Error) => ({ status: 0, body: error.message }));
      done += 1;
      if (answer.status === 200) seen.add(answer.body);
      else failed.push(answer);
    }
  };
  const load = Array.from({ length: 8 }, (_, kind) => worker(kind));
  for (let i = 1; i <= 10; i += 1) {
    await gateway.goLive(`rel_${i}`);
    await until(() => seen.has(`rel_${i}`), Boolean);
    expect((await gateway.control('POST', '/retire', { keepWarm: [] })).body.survivors).toEqual([]);
  }
  stopping = true;
  await Promise.all(load);
  agent.destroy();
  expect(failed).toEqual([]);
  expect(done).toBeGreaterThan(500);
  expect(seen.size).toBe(11);
  const { releases, generation } = await gateway.state();
  expect(releases.map(({ releaseId }: { releaseId: string }) => releaseId)).toEqual(['rel_10']);
  expect(generation).toBe(11);
  expect(await gateway.releasePids()).toHaveLength(1);
}, 40_000);

test('a slow request that began on the old release is answered by it while the new one is live', async () => {
  await gateway.goLive('rel_old');
  await gateway.startRelease('rel_new');
  const slow = gateway.production('/slow?ms=1000');
  await until(
    () => gateway.state(),
    (state) => state.releases[0].inFlight === 1,
  );
  await gateway.goLive('rel_new');
  const retired = gateway.control('POST', '/retire', { keepWarm: [] });
  expect((await gateway.production('/')).body).toBe('rel_new');
  expect((await slow).body).toBe('rel_old');
  await retired;
  expect((await gateway.state()).releases).toHaveLength(1);
});

test('traffic moves only by compare-and-swap, only to what runs, and asking twice is asking once', async () => {
  await gateway.goLive('rel_a');
  await gateway.startRelease('rel_b');
  const swap = (releaseId: string, expectLive: string | null) => gateway.control('POST', '/swap', { releaseId, expectLive });
  expect(await swap('rel_b', null)).toEqual({ status: 409, body: { live: 'rel_a' } });
  expect(await swap('rel_b', 'rel_x')).toEqual({ status: 409, body: { live: 'rel_a' } });
  expect((await swap('rel_missing', 'rel_a')).status).toBe(424);
  expect((await gateway.production('/')).body).toBe('rel_a');
  expect((await swap('rel_b', 'rel_a')).status).toBe(200);
  expect((await swap('rel_b', 'rel_a')).status).toBe(200);
  expect((await gateway.state()).generation).toBe(2);
  expect((await gateway.production('/')).body).toBe('rel_b');
  expect((await gateway.control('POST', '/release/stop', { releaseId: 'rel_b' })).status).toBe(409);
});

test('a warm release is kept, takes the traffic back at once, and is the same process', async () => {
  const old = await gateway.goLive('rel_old');
  await gateway.goLive('rel_new');
  await gateway.control('POST', '/retire', { keepWarm: ['rel_old'] });
  const again = await gateway.startRelease('rel_old');
  expect([again.pid, again.found]).toEqual([old.pid, true]);
  expect((await gateway.control('POST', '/swap', { releaseId: 'rel_old', expectLive: 'rel_new' })).status).toBe(200);
  expect((await gateway.production('/')).body).toBe('rel_old');
});

test('two starts of the same release at once start one process', async () => {
  const request = gateway.startRequest('rel_twice');
  const answers = await Promise.all([1, 2, 3].map(() => gateway.control('POST', '/release/start', request)));
  expect(new Set(answers.map(({ body }) => body.pid)).size).toBe(1);
  expect(await gateway.releasePids()).toHaveLength(1);
});

test('the live release is started again on its port when it is killed; others are not', async () => {
  const live = await gateway.goLive('rel_live');
  const warm = await gateway.startRelease('rel_warm');
  process.kill(warm.pid, 'SIGKILL');
  process.kill(live.pid, 'SIGKILL');
  const answer = await until(
    () => gateway.production('/'),
    ({ status }) => status === 200,
  );
  expect(answer.body).toBe('rel_live');
  const { releases } = await gateway.state();
  const now = releases.find(({ releaseId }: { releaseId: string }) => releaseId === 'rel_live');
  expect(now).toMatchObject({ port: live.port, restarts: 1, running: true, ended: { how: 'signal SIGKILL', at: expect.any(Number) } });
  expect(now.pid).not.toBe(live.pid);
  expect(releases.find(({ releaseId }: { releaseId: string }) => releaseId === 'rel_warm').running).toBe(false);
});

test('a release that keeps crashing is started again ever more slowly, and its children do not pile up', async () => {
  await gateway.goLive('rel_crash');
  for (const restarts of [1, 2]) {
    await gateway.production('/crash');
    await until(
      () => gateway.state(),
      (state) => state.releases[0].restarts === restarts && state.releases[0].running,
    );
    await until(
      () => gateway.production('/'),
      ({ status }) => status === 200,
    );
  }
  expect(await gateway.releasePids()).toHaveLength(1);
});

test('a gateway that is killed and started again finds its releases as they are', async () => {
  const live = await gateway.goLive('rel_live');
  const warm = await gateway.startRelease('rel_warm');
  await gateway.kill('SIGKILL');
  expect((await ask({ port: live.port }, { path: '/' })).body).toBe('rel_live'); // not its child in life and death
  expect(await gateway.start().then(() => gateway.state())).toMatchObject({ cutOff: { times: 1, at: expect.any(Number) } });
  const { releases, generation } = await gateway.state();
  expect(generation).toBe(1);
  const pids = releases.map(({ releaseId, pid, running }: Record<string, unknown>) => [releaseId, pid, running]);
  expect(pids.sort()).toEqual([
    ['rel_live', live.pid, true],
    ['rel_warm', warm.pid, true],
  ]);
  expect((await gateway.production('/')).body).toBe('rel_live');
  process.kill(live.pid, 'SIGKILL'); // an adopted process is looked after too
  await until(
    () => gateway.production('/'),
    ({ status }) => status === 200,
  );
});

test('a process that was started but not recorded is found by its tag', async () => {
  const live = await gateway.goLive('rel_live');
  await gateway.kill('SIGKILL');
  const file = join(gateway.folder, 'gateway', 'state.json');
  const state = JSON.parse(readFileSync(file, 'utf8'));
  for (const release of state.releases) {
    delete release.pid;
    delete release.startTime;
  }
  writeFileSync(file, JSON.stringify(state));
  await gateway.start();
  expect((await gateway.state()).releases[0]).toMatchObject({ pid: live.pid, port: live.port, running: true });
});

test('a process of ours that the record does not know is ended, and a number that belongs to somebody else is not', async () => {
  const live = await gateway.goLive('rel_live');
  const stray = await gateway.startRelease('rel_stray');
  await gateway.kill('SIGKILL');
  const file = join(gateway.folder, 'gateway', 'state.json');
  const state = JSON.parse(readFileSync(file, 'utf8'));
  const other = {
    ...state.releases[0],
    start: { ...state.releases[0].start, releaseId: 'rel_other' },
    pid: process.pid,
    startTime: '1',
    port: 1,
  };
  state.releases = [...state.releases.filter((release: { start: { releaseId: string } }) => release.start.releaseId === 'rel_live'), other];
  writeFileSync(file, JSON.stringify(state));
  await gateway.start();
  expect(existsSync(`/proc/${stray.pid}/stat`) && readFileSync(`/proc/${stray.pid}/cmdline`, 'utf8')).toBeFalsy();
  const { releases } = await gateway.state();
  expect(releases.map(({ running }: { running: boolean }) => running).sort()).toEqual([false, true]);
  expect((await ask({ port: live.port }, {})).status).toBe(200);
});

test('after a reboot the live release is started first', async () => {
  const live = await gateway.goLive('rel_live');
  await gateway.kill('SIGKILL');
  process.kill(live.pid, 'SIGKILL');
  await gateway.start();
  expect(
    (
      await until(
        () => gateway.production('/'),
        ({ status }) => status === 200,
      )
    ).body,
  ).toBe('rel_live');
});

test('SIGTERM leaves releases running, shutdown ends them with all their children and remembers what is live', async () => {
  const live = await gateway.goLive('rel_live', { IGNORE_TERM: '1' });
  await gateway.kill('SIGTERM');
  expect((await ask({ port: live.port }, {})).status).toBe(200);
  await gateway.start();
  const { stateHash } = await gateway.state();
  const exited = new Promise((resolve) => gateway.process!.once('exit', resolve));
  expect(await gateway.control('POST', '/shutdown')).toEqual({ status: 200, body: { survivors: [] } });
  expect(await exited).toBe(0);
  await expect(ask({ port: live.port }, {})).rejects.toThrow();
  expect(existsSync(gateway.socket)).toBe(false);
  await gateway.start();
  // Told to leave, twice: nothing of that is an accident.
  expect((await gateway.state()).cutOff).toBeUndefined();
  expect((await gateway.state()).stateHash).toBe(stateHash);
  expect(
    (
      await until(
        () => gateway.production('/'),
        ({ status }) => status === 200,
      )
    ).body,
  ).toBe('rel_live');
}, 25_000);

test('a release has its own environment, secrets from the file alone, and the file is not copied into the state', async () => {
  const envFile = join(gateway.folder, 'env');
  writeFileSync(envFile, '# comment\nAPI_KEY="s3cret value"\nexport PLAIN=1\nPORT=1\n', { mode: 0o600 });
  const { body } = await gateway.control('POST', '/release/start', { ...gateway.startRequest('rel_env', { EXTRA: 'x' }), envFile });
  const env = JSON.parse((await until(() => ask({ port: body.port }, { path: '/env' }).catch(() => undefined), Boolean))!.body);
  expect(env).toMatchObject({
    API_KEY: 's3cret value',
    PLAIN: '1',
    EXTRA: 'x',
    PORT: String(body.port),
    HOST: '127.0.0.1',
    NODE_ENV: 'production',
    RELEASE_ID: 'rel_env',
  });
  expect(env.DATA_DIR).toBe(join(gateway.folder, 'data'));
  expect(env.HOME).toBeUndefined();
  const file = join(gateway.folder, 'gateway', 'state.json');
  expect(readFileSync(file, 'utf8')).not.toContain('s3cret');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(gateway.socket).mode & 0o777).toBe(0o600);
});

test('a release that cannot be started says why', async () => {
  const { status, body } = await gateway.control('POST', '/release/start', {
    ...gateway.startRequest('rel_bad'),
    argv: ['/does/not/exist'],
  });
  expect(status).toBe(409);
  expect(body.detail).toContain('ENOENT');
  expect((await gateway.control('POST', '/release/start', { releaseId: 'x' })).status).toBe(400);
});

test('a second gateway of the same state does not start and touches nothing', async () => {
  const live = await gateway.goLive('rel_live');
  const second = new TestGateway(gateway.folder);
  await expect(second.start()).rejects.toThrow('another gateway');
  second.port = gateway.port;
  await expect(second.start()).rejects.toThrow('port in use');
  expect((await gateway.state()).releases[0].pid).toBe(live.pid);
  expect((await gateway.production('/')).status).toBe(200);
});
