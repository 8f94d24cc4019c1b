import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDeployer } from '../../daemon/adapters/deploy/open-deployer.ts';
import { openGateway } from '../../daemon/adapters/gateway/open-gateway.ts';
import { load } from '../../daemon/config/load.ts';
import { Settings } from '../../daemon/config/settings.ts';
import { EFFECTS, type EffectType } from '../../daemon/core/effects.ts';
import { deployRun } from '../../daemon/effects/deploy.ts';
import type { Parts } from '../../daemon/effects/parts.ts';
import { watchRelease } from '../../daemon/effects/watch-release.ts';
import { createWorker, type Handlers } from '../../daemon/effects/worker.ts';
import type { DoorParts } from '../../daemon/http/doors/parts.ts';
import { releaseDoors } from '../../daemon/http/doors/releases.ts';
import { statusDoor } from '../../daemon/http/doors/status.ts';
import type { Clock, Sandbox } from '../../daemon/ports.ts';
import { openLedgerFile } from '../../daemon/store/open.ts';
import { openStore } from '../../daemon/store/open-store.ts';
import { quietLog, realClock, realIds } from '../gateway/parts.ts';
import { ask, freePort, GATEWAY_COMMAND, until } from '../gateway/run-gateway.ts';
import { temporaryFolder } from '../scripts/temporary-folder.ts';
import { MIGRATIONS, runAt, runIdOf } from '../store/temporary-store.ts';

/** Five seconds are a tenth of one, so that nobody waits for a look. */
const SPEED = 50;
const fastClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now() * SPEED,
  after: (delayMs, then) => realClock.after(delayMs / SPEED, then),
};

/** An app that is well until it is told to break; from then on /orders is answered with 500. */
const APP = `
const http = require('node:http');
let broken = false;
http.createServer((req, res) => {
  if (req.url === '/break') broken = true;
  const sick = (broken && req.url === '/orders') || req.url === '/pay';
  res.writeHead(sick ? 500 : 200).end(process.env.RELEASE_ID);
}).listen(process.env.PORT, '127.0.0.1');
`;

/** Ledger, worker, deployer and gateway as in the daemon; runs come to be deployed without an agent. */
async function production(watchMs: number) {
  const state = temporaryFolder('watch');
  const port = await freePort();
  const gateway = openGateway({
    command: [...GATEWAY_COMMAND] as unknown as [string, ...string[]],
    env: { PATH: '/usr/bin:/bin' },
    stateFolder: state,
    controlSocket: join(state, 'g.sock'),
    port,
    clock: realClock,
    log: quietLog,
  });
  expect(await gateway.ensure()).toMatchObject({ ok: true });
  onTestFinished(() => gateway.shutDown());
  const deployer = openDeployer({
    stateFolder: state,
    sandbox: {} as Sandbox, // no build and no confinement: it is not asked
    repository: {
      async checkout({ folder }) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, 'server.cjs'), APP);
        return { ok: true };
      },
    },
    gateway,
    production: { port, authority: `app.localhost:${port}` },
    baseEnv: { PATH: '/usr/bin:/bin' },
    clock: realClock,
    log: quietLog,
  });
  const opened = openLedgerFile(state, MIGRATIONS, Date.now());
  if (!opened.ok) throw new Error(opened.detail);
  const store = openStore({ db: opened.db, stateFolder: state, clock: fastClock, secrets: [], queueLimit: () => 10, log: quietLog });
  store.leases.configure(5);
  const settings = load(
    JSON.stringify({ preview: { command: 'x' }, deploy: { start: 'exec node server.cjs', health: { path: '/' }, watchMs } }),
    Settings,
  );
  if (!settings.ok) throw new Error(settings.problems.join());
  const parts = {
    ...store,
    gateway,
    deployer,
    clock: fastClock,
    ids: realIds,
    log: quietLog,
    repository: { diff: () => Promise.resolve([]) },
    environment: { of: () => ({}) },
    settingsAt: () => Promise.resolve({ ok: true, settings: settings.value }),
  } as unknown as Parts;
  const nothing = async () => 'done' as const;
  const handlers: Handlers = {
    ...(Object.fromEntries(Object.keys(EFFECTS).map((type) => [type, { run: nothing, daemon: nothing }])) as Record<EffectType, object>),
    deploy: { run: deployRun(parts) },
    watch_release: { daemon: watchRelease(parts) },
  };
  let worker = createWorker(parts, handlers, () => 1);
  onTestFinished(async () => {
    await worker.stop();
    opened.close();
  });
  worker.start();
  return {
    store,
    gateway,
    visit: (path: string) => ask({ port }, { path, host: `app.localhost:${port}` }),
    async deploy(n: number, route: string) {
      const run = runAt(store, 'deploying', n, { context: { url: `http://app.localhost${route}` } });
      worker.kick();
      await until(
        () => store.queries.find(runIdOf(n))!.state,
        (now) => now === 'merged',
      );
      return run.releaseId!;
    },
    async restart() {
      await worker.stop();
      worker = createWorker(parts, handlers, () => 1);
      worker.start();
    },
    isWatching: () => worker.runningTypes().includes('watch_release'),
    release: async (id: string) => {
      const listed = await releaseDoors({ ...store, gateway, production: {} } as unknown as DoorParts).listReleases(
        { params: undefined, query: {}, body: undefined },
        {} as never,
      );
      if (!listed.ok) throw new Error('the releases are not listed');
      return listed.body.releases.find((release) => release.id === id)!;
    },
    async banners() {
      const door = statusDoor({
        ...store,
        agent: { readiness: () => Promise.resolve({ ready: true }) },
        repository: { head: () => Promise.resolve('c') },
        upstream: { state: 'in_step' },
        production: {},
        clock: realClock,
        app: { examples: [] },
        notices: [],
      } as unknown as DoorParts);
      const status = await door.status({ params: undefined, query: undefined, body: undefined }, { actor: 'ada', role: 'admin' } as never);
      if (!status.ok) throw new Error('no status');
      return status.body.banners;
    },
  };
}

test('a release whose route begins to fail after it went live is called worse, with what was seen, over a restart of the daemon; nothing waits for the watch and nothing is rolled back', async () => {
  const { store, gateway, visit, deploy, restart, isWatching, release, banners } = await production(3_600_000);
  await deploy(1, '/');
  await until(isWatching, Boolean);
  const second = await deploy(2, '/orders');
  expect(await release(second)).toMatchObject({ state: 'live', watch: { state: 'watching', route: '/orders' } });
  expect(await banners()).toEqual([]);
  await until(isWatching, Boolean);
  await restart();
  await until(isWatching, Boolean);
  await visit('/break');
  const worse = await until(
    () => release(second),
    ({ watch }) => watch?.state === 'worse',
  );
  const detail = '/orders answered 500 twice in a row; before the deploy it answered 200';
  expect(worse.watch?.detail).toContain(detail);
  const title = store.releases.find(second)!.title;
  expect(await banners()).toMatchObject([{ level: 'error', text: expect.stringContaining(`since "${title}" went live: ${detail}`) }]);
  await until(isWatching, (watching) => !watching);
  expect((await gateway.state()).live?.releaseId).toBe(second);
  expect(store.queries.find(runIdOf(2))?.state).toBe('merged');
  const third = await deploy(3, '/');
  expect(await banners()).toEqual([]);
  expect(await release(second)).toMatchObject({ state: 'replaced', watch: { state: 'worse' } });
  expect(await release(third)).toMatchObject({ watch: { state: 'watching' } });
}, 40_000);

test("people's requests that fail are enough, although the watched route is well", async () => {
  const { visit, deploy, release } = await production(3_600_000);
  await deploy(1, '/');
  for (let n = 0; n < 30; n++) await visit('/');
  const second = await deploy(2, '/');
  for (let n = 0; n < 30; n++) await visit(n % 2 === 0 ? '/' : '/pay');
  const { watch } = await until(
    () => release(second),
    (seen) => seen.watch?.state === 'worse',
  );
  expect(watch?.detail).toMatch(
    /^\d+ of \d+ requests \([\d.]+ %\) failed since the deploy, all of them on \/pay; before it 0 of 30 requests \(0 %\)$/,
  );
}, 40_000);

test('a release that stays well ends calm', async () => {
  const { deploy, release } = await production(30_000);
  const first = await deploy(1, '/orders');
  const { watch } = await until(
    () => release(first),
    (seen) => seen.watch?.state !== 'watching',
  );
  expect(watch).toMatchObject({
    state: 'calm',
    route: '/orders',
    detail: expect.stringMatching(/^\/orders answered 200 \(\d+ times\); 0 of 0/),
  });
}, 40_000);
