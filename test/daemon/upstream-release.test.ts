import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { approve, must, untilReleases, untilState } from '../support/daemon-process.ts';
import { type ProductionProbe, probeProduction } from '../support/production-probe.ts';
import { openUpstreamBench, type UpstreamBench } from '../support/upstream-bench.ts';

vi.setConfig({ testTimeout: 90_000 });

let bench: UpstreamBench;
let probe: ProductionProbe;

beforeAll(async () => {
  bench = await openUpstreamBench();
}, 60_000);
afterAll(() => bench.end());
beforeEach(() => {
  probe = probeProduction(bench.gatewayPort, bench.app.route);
});
afterEach(async () => {
  await probe.stop();
  expect(probe.failures).toEqual([]);
});

const logOf = (id: string, name: string) => must(bench.daemon().client.call('getReleaseLog', { params: { id, name } }));
const askForRelease = () => bench.daemon().client.call('createRelease', { body: {} });
async function holdNoMore() {
  const { app, untilStatus, untilNewest, tip } = bench;
  await untilStatus(({ upstream }) => upstream.state === 'in_step');
  app.git('rm', '-q', 'hold.txt');
  app.git('commit', '-q', '-m', 'No more holding');
  await untilNewest(tip(), 'live');
}

test('what a person commits is checked and goes live by itself, once, as a release of its own', async () => {
  const { app, push, untilNewest, production, status } = bench;
  const commit = push({ 'notes.txt': 'a note\n' }, { [app.file]: 'words-by-hand\n' });
  const [release, ...older] = await untilNewest(commit, 'live');
  expect(release).toMatchObject({ kind: 'upstream', title: `2 commits from your repository: Change ${app.file}`, actor: 'daemon' });
  expect(older.filter(({ kind }) => kind === 'upstream')).toEqual([]);
  expect(await production()).toContain('words-by-hand');
  expect(release!.logs).toEqual(expect.arrayContaining(['deploy', 'gate-check-unit']));
  expect(await logOf(release!.id, 'gate-check-unit')).toMatchObject({ finished: true, text: expect.stringContaining('unit ok') });
  expect((await status()).banners.filter(({ text }) => /repository/.test(text))).toEqual([]);
  expect(await askForRelease()).toMatchObject({ code: 'wrong_state', message: 'main is live already.' });
});

test('while a run waits for approval: it goes live, and the run is merged on top of it', async () => {
  const { app, ready, push, untilNewest, daemon, production, tip } = bench;
  const run = await ready('words-by-hand', 'words-of-a-run');
  const commit = push({ 'notes.txt': 'another note\n' });
  await untilNewest(commit, 'live');
  expect((await untilState(daemon(), run.id, 'needs_approval')).reason).toBeUndefined();
  await must(approve(daemon(), run));
  const merged = await untilState(daemon(), run.id, 'merged');
  expect(app.git('rev-parse', `${merged.mergeCommit}^1`, `${merged.mergeCommit}^2`).split('\n')).toEqual([commit, run.headCommit]);
  expect(await production()).toContain('words-of-a-run');
  await expect.poll(() => tip()).toBe(merged.mergeCommit);
});

test('while a run is being merged: the merge is built anew on it, and both go live in one release', async () => {
  const { app, ready, push, held, letOn, untilNewest, upstreamCommits, daemon, control } = bench;
  const run = await ready('words-of-a-run', 'words-merged');
  const holding = push({ 'hold.txt': 'hold' });
  await letOn();
  await untilNewest(holding, 'live');
  const before = await upstreamCommits();
  await must(approve(daemon(), run));
  await held();
  expect((await untilState(daemon(), run.id, 'merging')).state).toBe('merging');
  const commit = push({ 'notes.txt': 'a third note\n' });
  await expect.poll(() => control(), { timeout: 10_000 }).toBe(commit);
  await letOn();
  await letOn();
  const merged = await untilState(daemon(), run.id, 'merged');
  expect(app.git('rev-parse', `${merged.mergeCommit}^1`)).toBe(commit);
  await holdNoMore();
  expect((await upstreamCommits()).slice(1)).toEqual(before);
  expect(probe.releases.slice(-3, -1)).toEqual([holding, merged.mergeCommit]);
});

test('a change of the data takes the way back from older releases, also when it rides in with a run that has none', async () => {
  const { ready, push, held, letOn, untilNewest, releases, daemon, control } = bench;
  const rollbackOf = async (id: string) => (await releases()).find((release) => release.id === id)!.rollback;
  const [old] = await releases();
  const run = await ready('words-merged', 'words-with-data');
  const commit = push({ 'db/migrations/1.sql': 'ALTER TABLE things DROP COLUMN name;\n' });
  const [destructive] = await untilNewest(commit, 'live');
  expect(destructive).toMatchObject({ migrationMarker: commit.slice(0, 12) });
  expect(await rollbackOf(old!.id)).toMatchObject({ possible: false, reason: expect.stringContaining('changed the database') });

  const holding = push({ 'hold.txt': 'hold' });
  await letOn();
  await untilNewest(holding, 'live');
  expect(await rollbackOf(destructive!.id)).toMatchObject({ possible: true });
  await must(approve(daemon(), run));
  await held();
  const riding = push({ 'db/migrations/2.sql': 'DROP TABLE things;\n' });
  await expect.poll(() => control(), { timeout: 10_000 }).toBe(riding);
  await letOn();
  await letOn();
  const merged = await untilState(daemon(), run.id, 'merged');
  expect(merged.hasMigrations).toBe(false);
  const live = (await releases()).find(({ runId }) => runId === run.id)!;
  expect(live).toMatchObject({ state: 'live', migrationMarker: merged.mergeCommit!.slice(0, 12) });
  expect(await rollbackOf(destructive!.id)).toMatchObject({ possible: false });
  await holdNoMore();
});

test('a red gate: it stays on main and is said, asked for it is tried again, and a fix goes live', async () => {
  const { app, push, untilNewest, untilStatus, upstreamCommits, production, banner, daemon } = bench;
  const before = await production();
  const broken = push({ [app.file]: 'broken-by-hand\n' });
  const [failed] = await untilNewest(broken, 'failed');
  expect(failed).toMatchObject({ kind: 'upstream', reason: 'A required check failed: unit: exit code 1.' });
  expect((await logOf(failed!.id, 'gate-check-unit')).text).toContain('the words are broken');
  await untilStatus(({ upstream }) => upstream.notLive?.why === 'failed');
  expect(await banner(/on main but not live/)).toEqual({
    level: 'error',
    text: 'Commits from your repository are on main but not live: A required check failed: unit: exit code 1. Push a fix, or try again on the Releases page.',
  });
  await must(askForRelease());
  const again = await untilReleases(daemon(), ([newest]) => newest?.id !== failed!.id && newest?.state === 'failed');
  expect(again[0]).toMatchObject({ commit: broken, actor: 'owner' });
  expect(await production()).toBe(before);
  await untilNewest(push({ [app.file]: 'words-mended\n' }), 'live');
  expect((await upstreamCommits()).filter((commit) => commit === broken)).toHaveLength(2);
  expect(await banner(/not live/)).toBeUndefined();
});

test('never healthy: it gets no traffic, main is not taken back, and amended before it ever was live it is simply followed', async () => {
  const { app, push, amend, untilNewest, production, control, tip } = bench;
  const sick = push({ [app.file]: 'unhealthy-by-hand\n' });
  const [failed] = await untilNewest(sick, 'failed');
  expect(failed!.reason).toMatch(/^health: /);
  expect(await production()).toContain('words-mended');
  expect([control(), tip()]).toEqual([sick, sick]);
  const amended = amend({ [app.file]: 'words-amended\n' }, 'Said right');
  const [release] = await untilNewest(amended, 'live');
  expect(release).toMatchObject({ kind: 'upstream', title: '1 commit from your repository: Said right' });
  expect(control()).toBe(amended);
  expect(control(`refs/codex-builder/kept/${sick}`)).toBe(sick);
});

test('rolled back by a person, it stays rolled back, and the next commit goes live without it', async () => {
  const { app, push, untilNewest, production, daemon, tip, upstreamCommits, untilStatus } = bench;
  const bad = push({ [app.file]: 'words-regretted\n' });
  await untilNewest(bad, 'live');
  await must(daemon().client.call('rollback', { params: { id: 'last-healthy' }, body: {} }));
  await untilReleases(daemon(), ([newest]) => newest?.kind === 'rollback' && newest.state === 'live');
  await expect.poll(() => app.git('show', `main:${app.file}`), { timeout: 10_000 }).toBe('words-amended');
  await untilStatus(({ upstream }) => upstream.state === 'in_step');
  expect((await upstreamCommits())[0]).toBe(bad);
  const after = push({ 'notes.txt': 'after all\n' });
  await untilNewest(after, 'live');
  expect(tip('main~1')).not.toBe(bad);
  expect(await production()).toContain('words-amended');
  expect(probe.releases.filter((commit) => commit === bad)).toHaveLength(1);
});

test('left to people (deploy.upstream: manual): it is said and waits until somebody releases main', async () => {
  const { app, push, untilNewest, untilStatus, upstreamCommits, production, banner, daemon, control } = bench;
  const before = await upstreamCommits();
  const live = await production();
  const settings = (upstream: string) => {
    const now = JSON.parse(app.git('show', 'main:codex-builder.jsonc'));
    return { 'codex-builder.jsonc': JSON.stringify({ ...now, deploy: { ...now.deploy, upstream } }, null, 2) };
  };
  const commit = push(settings('manual'), { [app.file]: 'words-by-hand-again\n' });
  await untilStatus(({ upstream }) => upstream.notLive !== undefined);
  expect(await banner(/not live/)).toEqual({
    level: 'info',
    text: 'main has 2 commits from your repository that are not live. Deploy main on the Releases page.',
  });
  expect([await upstreamCommits(), await production(), control()]).toEqual([before, live, commit]);
  await must(askForRelease());
  const [release] = await untilNewest(commit, 'live');
  expect(release).toMatchObject({ kind: 'upstream', actor: 'owner' });
  await untilStatus(({ upstream }) => upstream.notLive === undefined);
  expect(await production()).toContain('words-by-hand-again');
  await untilNewest(push(settings('auto')), 'live');
  expect(daemon().stderr()).not.toContain('threw');
});

test('frozen: main follows, production does not, and lifting the freeze lets it go live', async () => {
  const { app, push, untilNewest, upstreamCommits, production, daemon, control } = bench;
  const freeze = (on: boolean) => must(daemon().client.call('putFlags', { body: { freeze: on } }));
  await freeze(true);
  const before = await upstreamCommits();
  const live = await production();
  const commit = push({ [app.file]: 'words-thawed\n' });
  await expect.poll(() => control(), { timeout: 10_000 }).toBe(commit);
  expect(await askForRelease()).toMatchObject({ status: 409, code: 'frozen' });
  expect([await upstreamCommits(), await production()]).toEqual([before, live]);
  await freeze(false);
  await untilNewest(commit, 'live');
  expect(await production()).toContain('words-thawed');
});
