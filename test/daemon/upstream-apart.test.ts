import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

test('both moved without a conflict: merged, checked, released and brought along by themselves', async () => {
  const { app, landAhead, tip, control, daemon, production, untilNewest, push } = bench;
  const before = push({ 'notes.txt': 'a note\n' });
  await untilNewest(before, 'live');
  const merged = await landAhead(app.words, 'words-ahead', { 'notes.txt': 'mine\n' });
  app.git('commit', '-q', '-am', 'My own note');
  const theirs = tip();
  const [release] = await untilReleases(
    daemon(),
    ([newest]) => newest?.kind === 'upstream' && newest.state === 'live' && newest.commit !== before,
  );
  expect(release).toMatchObject({ commit: control(), title: '1 commit from your repository: My own note' });
  await expect.poll(() => tip(), { timeout: 10_000 }).toBe(release!.commit);
  expect(app.git('rev-parse', 'main^1', 'main^2').split('\n')).toEqual([merged.mergeCommit, theirs]);
  expect(app.git('status', '--porcelain')).toBe('');
  expect(app.git('show', 'main:notes.txt')).toBe('mine');
  expect(await production()).toContain('words-ahead');
});

test('both moved with a conflict: merging waits and says in which files; merged by the person, all goes on by itself', async () => {
  const { app, ready, landAhead, control, daemon, production, untilStatus, untilNewest, banner, state, tip } = bench;
  const waiting = await ready('words-ahead', 'words-that-wait');
  const merged = await landAhead('words-ahead', 'words-of-ours', { [app.file]: 'my-own-words\n' });
  app.git('commit', '-q', '-am', 'My own words');
  const said = await untilStatus(({ upstream }) => upstream.held !== undefined);
  expect(said.upstream.held).toEqual({ why: 'conflict', detail: `both changed ${app.file}` });
  expect((await banner(/different ways/))!.text).toContain(`git pull --no-rebase ${state}/control.git main`);
  expect(await approve(daemon(), waiting)).toMatchObject({ status: 409, code: 'frozen' });
  expect(await daemon().client.call('createRelease', { body: {} })).toMatchObject({ status: 409, code: 'frozen' });
  expect(control()).toBe(merged.mergeCommit);
  expect(await production()).toContain('words-of-ours');

  expect(() => app.git('pull', '-q', '--no-rebase', `${state}/control.git`, 'main')).toThrow();
  writeFileSync(join(app.repo, app.file), 'words-resolved\n');
  app.git('commit', '-q', '-am', 'Both');
  await untilNewest(tip(), 'live');
  expect(app.git('rev-parse', 'main^2')).toBe(merged.mergeCommit);
  expect(await production()).toContain('words-resolved');
  expect((await untilStatus(({ upstream }) => upstream.state === 'in_step')).upstream.held).toBeUndefined();
  expect(tip()).toBe(control());
});

test('what both make together fails a check: not merged, the check is named, and it ends when they take theirs back', async () => {
  const { app, landAhead, control, production, untilStatus, banner, tip, upstreamCommits } = bench;
  const unit = app.file.replace('words.txt', 'unit.mjs');
  const stricter = app.git('show', `main:${unit}`).replace('/broken/', '/alone-fine/');
  const merged = await landAhead('words-resolved', 'words-alone-fine', { [unit]: stricter });
  const before = await upstreamCommits();
  app.git('commit', '-q', '-am', 'A stricter check');
  const said = await untilStatus(({ upstream }) => upstream.held !== undefined);
  expect(said.upstream.held).toEqual({ why: 'refused', detail: 'A required check failed: unit: exit code 1.' });
  expect((await banner(/does not pass/))!.text).toContain('A required check failed: unit: exit code 1. Nothing is merged');
  expect(await upstreamCommits()).toHaveLength(before.length + 1);
  expect(control()).toBe(merged.mergeCommit);
  expect(await production()).toContain('words-alone-fine');
  app.git('reset', '-q', '--hard', 'main~1');
  await untilStatus(({ upstream }) => upstream.state === 'in_step');
  await expect.poll(() => tip(), { timeout: 10_000 }).toBe(merged.mergeCommit);
});

test('main rewritten there: nothing is merged or put back until a person decides; taken over, main and production are theirs', async () => {
  const { app, ready, daemon, control, tip, untilStatus, untilNewest, production, banner, push } = bench;
  const waiting = await ready('words-alone-fine', 'words-built-on-the-dropped');
  const dropped = tip();
  app.git('reset', '-q', '--hard', 'main~1');
  const theirs = push({ 'notes.txt': 'instead of it\n' });
  const said = await untilStatus(({ upstream }) => upstream.rewritten?.commit === theirs);
  expect(said.upstream).toMatchObject({
    state: 'diverged',
    rewritten: { runs: [waiting.title.replace('words-built-on-the-dropped', 'words-alone-fine')] },
  });
  expect((await banner(/was rewritten/))!.text).toMatch(
    /with the merged run "SCENARIO=words-alone-fine"\. Nothing is merged until you decide/,
  );
  expect(await approve(daemon(), waiting)).toMatchObject({ status: 409, code: 'frozen' });
  expect(await daemon().client.call('createRelease', { body: {} })).toMatchObject({ status: 409, code: 'frozen' });
  expect([control(), tip()]).toEqual([dropped, theirs]);
  expect(await production()).toContain('words-alone-fine');

  const takeOver = (commit: string) => daemon().client.call('takeOverMain', { body: { commit } });
  expect(await takeOver(dropped)).toMatchObject({ status: 409, code: 'stale' });
  await must(takeOver(theirs));
  await untilNewest(theirs, 'live');
  expect([control(), tip()]).toEqual([theirs, theirs]);
  expect(control(`refs/codex-builder/kept/${dropped}`)).toBe(dropped);
  expect(await production()).toContain('words-resolved');
  await untilStatus(({ upstream }) => upstream.state === 'in_step' && upstream.rewritten === undefined);
  // What it was built on is gone, so merging it would bring that back.
  await must(approve(daemon(), waiting));
  const ended = await untilState(daemon(), waiting.id, 'failed');
  expect(ended.reason).toMatchObject({ code: 'MERGE_CONFLICT', message: expect.stringContaining('no longer part of it') });
  expect(await takeOver(theirs)).toMatchObject({ status: 409, code: 'wrong_state' });
});

test('main rewritten there and pushed forward again: an approved run waits in between and then goes on', async () => {
  const { app, ready, daemon, control, tip, untilStatus, letOn, push, untilNewest, held } = bench;
  const run = await ready('words-resolved', 'words-that-went-on');
  const holding = push({ 'hold.txt': 'hold' });
  await letOn();
  await untilNewest(holding, 'live');
  await must(approve(daemon(), run));
  await held();
  app.git('reset', '-q', '--hard', 'main~1');
  await untilStatus(({ upstream }) => upstream.rewritten !== undefined);
  const further = app.git('commit-tree', `${holding}^{tree}`, '-p', holding, '-m', 'On top of what was there');
  await letOn();
  const reason = async () => (await untilState(daemon(), run.id, 'merging')).reason?.code;
  await expect.poll(reason, { timeout: 10_000 }).toBe('MAIN_REWRITTEN');
  expect(control()).toBe(holding);
  app.git('reset', '-q', '--hard', further);
  await letOn();
  const merged = await untilState(daemon(), run.id, 'merged');
  expect(app.git('rev-parse', `${merged.mergeCommit}^1`)).toBe(further);
  await untilStatus(({ upstream }) => upstream.state === 'in_step' && upstream.rewritten === undefined);
  await expect.poll(() => tip(), { timeout: 10_000 }).toBe(control());
  app.git('rm', '-q', 'hold.txt');
  app.git('commit', '-q', '-m', 'No more holding');
  await untilNewest(tip(), 'live');
});

test('offline: runs are merged on our main, it is said since when, and all is brought along when it is back', async () => {
  const { app, ready, daemon, control, untilStatus, banner, tip } = bench;
  const run = await ready('words-that-went-on', 'words-while-away');
  renameSync(app.repo, `${app.repo}-away`);
  const since = Date.parse((await untilStatus(({ upstream }) => upstream.state === 'offline')).upstream.since!);
  expect(Math.abs(since - Date.now())).toBeLessThan(60_000);
  expect((await banner(/cannot be reached since/))!.text).toContain('Runs go on here');
  await must(approve(daemon(), run));
  const merged = await untilState(daemon(), run.id, 'merged');
  renameSync(`${app.repo}-away`, app.repo);
  await untilStatus(({ upstream }) => upstream.state === 'in_step');
  expect(await banner(/cannot be reached/)).toBeUndefined();
  expect([control(), tip()]).toEqual([merged.mergeCommit, merged.mergeCommit]);
});
