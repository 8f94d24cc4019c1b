import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openGateway } from '../../daemon/adapters/gateway/open-gateway.ts';
import { openRepository } from '../../daemon/adapters/git/open-repository.ts';
import { startTimeOf } from '../../daemon/adapters/process-facts.ts';
import { systemHost } from '../../daemon/adapters/system/host.ts';
import type { ProductionSeen } from '../../daemon/core/production-seen.ts';
import type { UpstreamSeen } from '../../daemon/core/upstream-seen.ts';
import { createUpkeep, type Upkeep } from '../../daemon/effects/upkeep.ts';
import type { Clock, Gateway, Previewer, Repository, Sandbox } from '../../daemon/ports.ts';
import { openLedgerFile } from '../../daemon/store/open.ts';
import { openStore, type Store } from '../../daemon/store/open-store.ts';
import { realClock, realIds } from '../gateway/parts.ts';
import { ask, freePort, GATEWAY_COMMAND, until } from '../gateway/run-gateway.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';

/** A minute takes a third of a second, so that nobody waits for a beat. */
const fastClock: Clock = { ...realClock, after: (delayMs, then) => realClock.after(delayMs / 180, then) };

let state: string;
let app: GeneratedApp;
let port: number;
let repository: Repository;
let gateway: Gateway;
let upstream: UpstreamSeen;
let production: ProductionSeen;
let upkeep: Upkeep;
let store: Store;
let hints: number;
let close: () => void;
let said: string[];

beforeEach(async () => {
  state = mkdtempSync('/var/tmp/cb-upkeep-');
  app = generateApp();
  port = await freePort();
  said = [];
  hints = 0;
  const log = (_level: string, message: string) => void said.push(message);
  const opened = openLedgerFile(state, fileURLToPath(new URL('../../migrations', import.meta.url)), Date.now());
  if (!opened.ok) throw new Error(opened.detail);
  close = opened.close;
  store = openStore({ db: opened.db, stateFolder: state, clock: realClock, secrets: [], queueLimit: () => 10, log });
  store.ledger.subscribe((publication) => {
    hints += publication.hints.filter((hint) => hint === 'status').length;
  });
  repository = openRepository({
    upstream: { kind: 'path', path: app.repo },
    gitDir: join(state, 'control.git'),
    indexFolder: join(state, 'index'),
    mainBranch: 'main',
    clock: realClock,
    log,
    env: { path: '/usr/bin:/bin' },
  });
  expect(await repository.open()).toMatchObject({ ok: true });
  gateway = openGateway({
    command: [...GATEWAY_COMMAND] as unknown as [string, ...string[]],
    env: { PATH: '/usr/bin:/bin' },
    stateFolder: state,
    controlSocket: join(state, 'g.sock'),
    port,
    clock: realClock,
    log,
  });
  expect(await gateway.ensure()).toMatchObject({ ok: true });
  upstream = { state: 'unknown' };
  production = {};
  upkeep = createUpkeep({
    ...store,
    gateway,
    repository,
    dependencies: { prune: async () => ({ removedBytes: 0 }) },
    host: systemHost,
    folders: { state, worktree: (slot) => join(state, 'slots', slot, 'app') },
    previewer: { stop: async () => [] } as unknown as Previewer,
    sandbox: { sweep: async () => [] } as unknown as Sandbox,
    limits: { upstreamLookMs: 30_000, diskFloorBytes: 1 },
    settingsAt: async () => ({ ok: false, problems: [] }),
    upstream,
    production,
    clock: fastClock,
    ids: realIds,
    log,
  });
});
afterEach(async () => {
  await upkeep.stop();
  await gateway.shutDown();
  close();
  for (const folder of [state, app.repo]) rmSync(folder, { recursive: true, force: true });
});

const gatewayPid = async (): Promise<number> => JSON.parse((await ask({ socketPath: join(state, 'g.sock') }, { path: '/state' })).body).pid;
const statusOfProduction = () =>
  ask({ port }, { host: `app.localhost:${port}` })
    .then(({ status }) => status)
    .catch(() => 0);

async function killGateway(): Promise<void> {
  const pid = await gatewayPid();
  process.kill(pid, 'SIGKILL');
  await until(
    () => startTimeOf(pid),
    (time) => time === undefined,
  );
}

test('a gateway that is killed is back without anybody asking for it, and after the stop it is left alone', async () => {
  upkeep.start();
  await killGateway();
  await until(statusOfProduction, (status) => status === 503);
  await until(
    () => said,
    (lines) => lines.includes('the gateway was gone and has been started again'),
  );
  await until(
    () => production.cutOff?.times,
    (times) => times === 1,
  );
  await upkeep.stop();
  await killGateway();
  expect(await statusOfProduction()).toBe(0);
  await expect(gatewayPid()).rejects.toThrow();
});

test('a quarantined slot is cleaned without anybody asking for it', async () => {
  store.leases.configure(1);
  store.leases.quarantine('preview-1', 'It was dirty.');
  upkeep.start();
  await until(
    () => store.leases.slots()[0]!.state,
    (now) => now === 'ready',
  );
});

test("a person's checkout that was left because it was dirty is brought along once it is clean, and is left as long as it is not", async () => {
  const clean = () => app.git('checkout', '-q', '-f', 'main');
  const theirs = app.git('rev-parse', 'main');
  const ours = await landOurs();
  writeFileSync(join(app.repo, app.file), 'not committed\n');
  const left = await repository.bringUpstreamAlong(new AbortController().signal);
  expect(left).toMatchObject({ state: 'ahead', checkout: 'left' });
  Object.assign(upstream, { state: left.state, detail: left.why });
  const looks = countLooks();
  upkeep.start();
  await until(looks, (count) => count >= 3);
  expect(app.git('rev-parse', 'main')).toBe(theirs);
  expect(hints).toBe(0);
  clean();
  await until(
    () => upstream.state,
    (now) => now === 'in_step',
  );
  expect(upstream.detail).toBeUndefined();
  expect(app.git('rev-parse', 'main')).toBe(ours);
  expect(app.git('status', '--porcelain')).toBe('');
  await until(
    () => hints,
    (count) => count === 1,
  );
});

/** A commit on our main that theirs does not have. */
async function landOurs(): Promise<string> {
  const main = (await repository.head('refs/heads/main'))!;
  const other = `${state}/work`;
  app.git('clone', '-q', app.repo, other);
  writeFileSync(join(other, app.file), 'landed\n');
  app.git('-C', other, 'commit', '-qam', 'landed');
  const commit = app.git('-C', other, 'rev-parse', 'HEAD');
  app.git('-C', other, 'push', '-q', repository.gitDir, 'HEAD:refs/heads/landed');
  expect(await repository.moveMain({ from: main, to: commit })).toEqual({ end: 'moved' });
  return commit;
}

function countLooks(): () => number {
  let count = 0;
  const look = repository.bringUpstreamAlong;
  repository.bringUpstreamAlong = (signal) => {
    count += 1;
    return look(signal);
  };
  return () => count;
}
