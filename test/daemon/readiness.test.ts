import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Readiness } from '#shared/readiness.ts';
import { ask } from '../gateway/run-gateway.ts';
import { send } from '../http/support/raw-http.ts';
import { type DaemonProcess, endEverything, freePort, startDaemon, stateFolder, untilReleases } from '../support/daemon-process.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';

let app: GeneratedApp;
let model: ScriptedModel;
let daemon: DaemonProcess;
let port: number;

let start: () => Promise<DaemonProcess>;

beforeAll(async () => {
  app = generateApp();
  model = await startScriptedModel({});
  port = await freePort();
  const state = stateFolder();
  const ports = { control: port, gateway: await freePort() };
  const env = { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: model.baseUrl, CODEX_BUILDER_UPSTREAM_LOOK_MS: '300' };
  start = () => startDaemon({ repo: app.repo, state, ports, env });
  daemon = await start();
  await untilReleases(daemon, (releases) => releases[0]?.state === 'live');
}, 60_000);

afterAll(async () => {
  await endEverything(daemon.state, app.repo);
});

/** Status, and the parts that are not ready, each with what it says to do. */
async function readyz() {
  const reply = await send(port, { path: '/readyz' });
  const { ready, parts } = reply.json() as Readiness;
  expect(ready).toBe(reply.status === 200);
  for (const part of parts.filter((each) => !each.ready)) expect(part.remedy ?? '', part.name).toMatch(/\w{3}/);
  return {
    status: reply.status,
    names: parts.map(({ name }) => name),
    wanting: parts.filter((part) => !part.ready).map(({ name }) => name),
  };
}
const LONG = { timeout: 20_000, interval: 100 };

test('ready means that a request would be worked on: each part is looked at, and its loss and return are said', async () => {
  const names = ['ledger', 'disk', 'repository', 'gateway', 'sandbox', 'agent', 'upstream'];
  await expect.poll(readyz, LONG).toEqual({ status: 200, names, wanting: [] });

  const aside = join(daemon.state, 'control.aside');
  renameSync(join(daemon.state, 'control.git'), aside);
  await expect.poll(readyz, LONG).toMatchObject({ status: 503, wanting: ['repository'] });
  renameSync(aside, join(daemon.state, 'control.git'));
  await expect.poll(readyz, LONG).toMatchObject({ status: 200 });

  const { pid } = JSON.parse((await ask({ socketPath: join(daemon.state, 'run/gateway.sock') }, { path: '/state' })).body) as {
    pid: number;
  };
  process.kill(pid, 'SIGSTOP');
  await expect.poll(readyz, LONG).toMatchObject({ status: 503, wanting: ['gateway'] });
  process.kill(pid, 'SIGCONT');
  await expect.poll(readyz, LONG).toMatchObject({ status: 200 });

  renameSync(app.repo, `${app.repo}.aside`);
  await expect.poll(readyz, LONG).toMatchObject({ status: 200, wanting: ['upstream'] });
  renameSync(`${app.repo}.aside`, app.repo);

  // A provider that answered is believed for a while; a daemon that starts has not heard it yet.
  await daemon.interrupt();
  await model.close();
  daemon = await start();
  await expect.poll(readyz, LONG).toMatchObject({ status: 503, wanting: ['agent'] });
}, 90_000);
