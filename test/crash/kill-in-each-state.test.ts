import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunState } from '#shared/run.ts';
import { type AppDaemon, startAppDaemon } from '../support/app-daemon.ts';
import { asSoonAs } from '../support/as-soon-as.ts';
import { approve, must, processesOf, request, untilState } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { get, type ProductionProbe, probeProduction } from '../support/production-probe.ts';

let live: AppDaemon;
let { app, model, daemon, state, ports } = {} as AppDaemon;
let probe: ProductionProbe;
let words: string;

beforeAll(async () => {
  live = await startAppDaemon();
  ({ app, model, daemon, state, ports } = live);
  words = app.words;
  probe = probeProduction(ports.gateway, app.route);
}, 60_000);

afterAll(async () => {
  await probe.stop();
  await live.end();
});

/** States in which the daemon is killed, and how a run gets there. */
const STATES: readonly RunState[] = [
  'queued',
  'planning',
  'editing',
  'testing',
  'preview_ready',
  'needs_approval',
  'approved',
  'merging',
  'deploying',
];

test.each(STATES)(
  'SIGKILL in %s: after a restart the run is merged once, nothing of it survives, production never failed',
  async (killIn) => {
    const to = `words-after-${killIn}`;
    model.teach(killIn, changeWords(app, words, to));
    const victim = daemon;
    const reached = asSoonAs(victim, state, killIn, () => victim.kill());
    const { id } = await request(daemon, `SCENARIO=${killIn}`);
    if (['approved', 'merging', 'deploying'].includes(killIn)) await approve(daemon, await untilState(daemon, id, 'needs_approval'));
    await reached(id);
    expect(stateInLedger(id)).toBe(killIn);
    // Whatever the run had is bound to the dead daemon's life.
    await expect.poll(() => processesOf(id), { timeout: 2_000 }).toEqual([]);

    daemon = await live.again();
    const waiting = await untilState(daemon, id, 'needs_approval', 'approved', 'merging', 'deploying', 'merged');
    if (waiting.state === 'needs_approval') {
      await expect
        .poll(async () => (await get(ports.gateway, `${waiting.slot!.replace('-', '')}.localhost`, app.route)).text, { timeout: 20_000 })
        .toContain(to);
      await must(approve(daemon, waiting));
    }
    const merged = await untilState(daemon, id, 'merged');
    words = to;
    expect((await get(ports.gateway, 'app.localhost', app.route)).text).toContain(to);
    const merges = app
      .git(`--git-dir=${state}/control.git`, 'log', '--first-parent', '--format=%H', `--grep=Codex-Run: ${id}`, 'main')
      .split('\n');
    expect(merges).toEqual([merged.mergeCommit]);
    const releases = (await must(daemon.client.call('listReleases', {}))).releases.filter(({ runId }) => runId === id);
    expect(releases).toMatchObject([{ state: 'live', commit: merged.mergeCommit }]);
    await expect.poll(() => processesOf(id), { timeout: 2_000 }).toEqual([]);
    expect(probe.failures).toEqual([]);
    expect(probe.releases.at(-1)).toBe(merged.mergeCommit);
  },
  120_000,
);

test('production answered all through and changed only with each merge', async () => {
  expect(probe.failures).toEqual([]);
  expect(probe.releases).toHaveLength(STATES.length + 1);
  expect(probe.count()).toBeGreaterThan(500);
});

/** What the ledger on disk says, read as a stranger would. */
function stateInLedger(runId: string): string {
  const db = new Database(join(state, 'ledger.db'), { readonly: true });
  const { status } = db.prepare<[string], { status: string }>('SELECT status FROM runs WHERE id = ?').get(runId)!;
  db.close();
  return status;
}
