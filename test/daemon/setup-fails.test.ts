import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AppDaemon, startAppDaemon } from '../support/app-daemon.ts';
import { must, request, untilReleases, untilState } from '../support/daemon-process.ts';

const SECRET = 'a-token-of-setup-77c1';
const COMMAND = 'echo "asking with $TOKEN"; echo; echo "ERR_PNPM_OUTDATED_LOCKFILE  the lockfile is old"; exit 3';

let live: AppDaemon;
let { model, daemon } = {} as AppDaemon;

beforeAll(async () => {
  live = await startAppDaemon({
    slots: 1,
    settings: { setup: { command: COMMAND, network: 'none' } },
    prepare(state) {
      mkdirSync(join(state, 'env'), { mode: 0o700 });
      writeFileSync(join(state, 'env/setup.env'), `TOKEN=${SECRET}\n`, { mode: 0o600 });
    },
    untilLive: false,
  });
  ({ model, daemon } = live);
});
afterAll(() => live.end());

test('a run whose setup fails ends before a model is asked, and says why, what it last said and what to do', async () => {
  const asked = await request(daemon, 'SCENARIO=none');
  const failed = await untilState(daemon, asked.id, 'failed');
  expect(failed.reason?.code).toBe('SETUP_FAILED');
  const said = JSON.stringify(failed.reason);
  expect(said).toContain('exit code 3');
  expect(said).toContain('the lockfile does not fit package.json: install once on your machine and commit the lockfile');
  expect(said).toContain(String.raw`its last words:\nasking with [redacted]\nERR_PNPM_OUTDATED_LOCKFILE  the lockfile is old`);
  expect(said).not.toContain(SECRET);
  expect(failed.reason?.remedy).toMatch(/setup/);
  expect(model.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  const { text } = await must(daemon.client.call('getLog', { params: { id: asked.id, name: 'setup' } }));
  expect(text).toContain('asking with [redacted]');
});

test('the first release says the same', async () => {
  await untilReleases(daemon, ([first]) => first?.state === 'failed');
  await expect.poll(() => daemon.stderr(), { timeout: 10_000 }).toContain('the lockfile does not fit package.json');
  expect(daemon.stderr()).toContain(String.raw`its last words:\nasking with [redacted]\nERR_PNPM_OUTDATED_LOCKFILE`);
  expect(daemon.stderr()).not.toContain(SECRET);
});
