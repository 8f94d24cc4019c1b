import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { processesOf } from '../support/daemon-process.ts';
import { type ProductionProbe, probeProduction } from '../support/production-probe.ts';
import { openUpstreamBench, type UpstreamBench } from '../support/upstream-bench.ts';

vi.setConfig({ testTimeout: 120_000 });

let bench: UpstreamBench;
let probe: ProductionProbe;

beforeAll(async () => {
  bench = await openUpstreamBench();
  probe = probeProduction(bench.gatewayPort, bench.app.route);
}, 60_000);
afterAll(async () => {
  await probe.stop();
  await bench.end();
});

/** Looks without pause until something holds. */
async function as(holds: () => boolean): Promise<void> {
  const until = performance.now() + 40_000;
  while (!holds()) {
    if (performance.now() > until) throw new Error('it never came');
    await turn();
  }
}
/** Which release has the traffic, by the gateway's own record. */
const inTraffic = () => (JSON.parse(readFileSync(join(bench.state, 'gateway/state.json'), 'utf8')) as { live?: string }).live;
const hasLog = (name: string, besides: ReadonlySet<string>) =>
  readdirSync(join(bench.state, 'logs/runs')).some(
    (id) => !besides.has(id) && id.startsWith('rel_') && existsSync(join(bench.state, 'logs/runs', id, `${name}.log`)),
  );
const known = () => new Set(readdirSync(join(bench.state, 'logs/runs')));

/** Kills the daemon at once and starts another one. */
async function crash() {
  await bench.daemon().kill();
  await bench.restart();
}

/** One release of this commit, live, production never failed and got it exactly once. */
async function isLiveOnce(commit: string) {
  await bench.untilNewest(commit, 'live');
  await bench.untilStatus(({ upstream }) => upstream.state === 'in_step' && upstream.notLive === undefined);
  const rows = (await bench.releases()).filter((release) => release.commit === commit);
  expect(rows).toMatchObject([{ kind: 'upstream', state: 'live' }]);
  await expect.poll(() => probe.releases.at(-1), { timeout: 10_000 }).toBe(commit);
  expect(probe.releases.filter((seen) => seen === commit)).toHaveLength(1);
  expect(probe.failures).toEqual([]);
  expect(bench.control()).toBe(commit);
  await expect.poll(() => processesOf(rows[0]!.id), { timeout: 5_000 }).toEqual([]);
}

test('killed right after the commit came to main: it is released at the next start', async () => {
  const { app, push, control } = bench;
  const commit = push({ [app.file]: 'words-one\n' });
  await as(() => control() === commit);
  await crash();
  await isLiveOnce(commit);
});

test('killed while its gate runs: the gate runs again, and nothing of the first one survives', async () => {
  const { app, push, held, letOn } = bench;
  const commit = push({ [app.file]: 'words-two\n', 'hold.txt': 'hold' });
  await held();
  await crash();
  await letOn();
  await isLiveOnce(commit);
  app.git('rm', '-q', 'hold.txt');
  app.git('commit', '-q', '-m', 'No more holding');
  await isLiveOnce(bench.tip());
});

test('killed while it is being deployed: the deploy goes on', async () => {
  const { app, push } = bench;
  const before = known();
  const commit = push({ [app.file]: 'words-slow-start\n' });
  await as(() => hasLog('deploy', before));
  await crash();
  await isLiveOnce(commit);
});

test('killed the moment the traffic moved: it is recorded, and not done again', async () => {
  const { app, push } = bench;
  const before = inTraffic();
  const commit = push({ [app.file]: 'words-four\n' });
  await as(() => inTraffic() !== before);
  await crash();
  await isLiveOnce(commit);
});

test('killed while the merge of both mains is checked, and again when it has landed: merged once, released once', async () => {
  const { app, push, landAhead, held, letOn, control, tip, untilNewest } = bench;
  await untilNewest(push({ 'notes.txt': 'a note\n' }), 'live');
  const merged = await landAhead('words-four', 'words-ahead', { 'notes.txt': 'mine\n' });
  writeFileSync(join(app.repo, 'hold.txt'), 'hold');
  app.git('add', '-A');
  app.git('commit', '-q', '-m', 'My own note');
  const theirs = tip();
  await held();
  await crash();
  await letOn();
  await as(() => control() !== merged.mergeCommit);
  const sync = control();
  expect(app.git(`--git-dir=${bench.state}/control.git`, 'rev-parse', `${sync}^1`, `${sync}^2`).split('\n')).toEqual([
    merged.mergeCommit,
    theirs,
  ]);
  await crash();
  // Cut off before it was live, it is checked again, and holds again.
  await Promise.race([letOn(), bench.untilNewest(sync, 'live')]);
  await isLiveOnce(sync);
  await expect.poll(() => tip(), { timeout: 10_000 }).toBe(sync);
});
