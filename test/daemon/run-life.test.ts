import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Run } from '#shared/run.ts';
import { type AppDaemon, startAppDaemon } from '../support/app-daemon.ts';
import { approve, must, processesOf, request, untilState } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { get } from '../support/production-probe.ts';
import { answer, patch } from '../support/scripted-model.ts';

let live: AppDaemon;
let { app, model, daemon, state, ports } = {} as AppDaemon;

beforeAll(async () => {
  live = await startAppDaemon({ settings: { limits: { repairs: 1 } }, env: { CODEX_BUILDER_UPSTREAM_LOOK_MS: '300' } });
  ({ app, model, daemon, state, ports } = live);
}, 60_000);

afterAll(() => live.end());

afterEach(async () => {
  const { runs } = await must(daemon.client.call('listRuns', {}));
  for (const run of runs) if (run.endedAt === undefined) await daemon.client.call('cancelRun', { ...by(run), body: {} });
});

const preview = async (run: Run) => (await get(ports.gateway, `${run.slot!.replace('-', '')}.localhost`, app.route)).text;
const production = async () => (await get(ports.gateway, 'app.localhost', app.route)).text;
const by = (run: Run) => ({ params: { id: run.id } });
const detail = (run: Run) => must(daemon.client.call('getRun', by(run)));
const merge = async (run: Run) => {
  await must(approve(daemon, run));
  return untilState(daemon, run.id, 'merged');
};
const threadsOf = async (run: Run) => (await detail(run)).attempts.map(({ threadId }) => threadId);

test('a revision takes over slot and thread, changes the same commit, is merged, reverted, and may then be revised', async () => {
  model.teach('first', changeWords(app, app.words, 'first-try'));
  const first = await untilState(daemon, (await request(daemon, 'Change the words. SCENARIO=first')).id, 'needs_approval');
  model.teach('second', changeWords(app, 'first-try', 'second-try'));
  const revise = { body: { comments: [{ file: app.file, line: 1, text: 'Say it better. SCENARIO=second' }] } };
  const { run: child } = await must(daemon.client.call('reviseRun', { ...by(first), ...revise }));
  expect(child).toMatchObject({ parentRunId: first.id, relation: 'revision', state: 'planning', slot: first.slot });
  expect((await detail(first)).run).toMatchObject({ state: 'canceled', reason: { code: 'REVISED' } });
  expect(await daemon.client.call('reviseRun', { ...by(first), ...revise })).toMatchObject({ status: 409, code: 'thread_busy' });

  const ready = await untilState(daemon, child.id, 'needs_approval');
  expect(await preview(ready)).toContain('second-try');
  expect(await threadsOf(ready)).toEqual(await threadsOf(first));
  const { files } = await must(daemon.client.call('getDiff', by(ready)));
  expect(files[0]?.patch).toContain(`-${app.words}`);
  expect(files[0]?.patch).toContain('+second-try');
  expect(app.git('ls-remote', `${state}/control.git`, `refs/heads/codex/run-${first.id}`)).toContain(first.headCommit);
  const merged = await merge(ready);
  expect(await production()).toContain('second-try');

  expect(await daemon.client.call('reviseRun', { ...by(merged), ...revise })).toMatchObject({ status: 409, code: 'wrong_state' });
  const { run: revert } = await must(daemon.client.call('revertRun', { ...by(merged), body: {} }));
  expect(await daemon.client.call('revertRun', { ...by(merged), body: {} })).toMatchObject({ status: 409, code: 'wrong_state' });
  const undone = await untilState(daemon, revert.id, 'needs_approval');
  expect((await detail(undone)).attempts, 'nobody asks an agent for that').toEqual([]);
  expect(await preview(undone)).toContain(app.words);
  await merge(undone);
  expect(await production()).toContain(app.words);

  model.teach('third', changeWords(app, 'second-try', 'third-try'));
  const again = await must(
    daemon.client.call('reviseRun', { ...by(merged), body: { comments: [], text: 'Now better still. SCENARIO=third' } }),
  );
  const third = await untilState(daemon, again.run.id, 'needs_approval');
  expect(await preview(third)).toContain('third-try');
  await must(daemon.client.call('rejectRun', { ...by(third), body: { reason: 'enough' } }));
}, 120_000);

test('a conflict is resolved by a revision that begins with it', async () => {
  model.teach('mine', changeWords(app, app.words, 'mine'));
  model.teach('theirs', changeWords(app, app.words, 'theirs'));
  const [mine, theirs] = await Promise.all(
    ['mine', 'theirs'].map(async (name) => untilState(daemon, (await request(daemon, `SCENARIO=${name}`)).id, 'needs_approval')),
  );
  expect((await detail(mine!)).standing).toMatchObject({ behind: 0, merges: 'clean', shares: [{ runId: theirs!.id, files: [app.file] }] });
  await merge(theirs!);
  expect((await detail(mine!)).standing).toMatchObject({ merges: 'conflicts', conflicts: [app.file] });
  await must(approve(daemon, mine!));
  const failed = await untilState(daemon, mine!.id, 'failed');
  expect(failed.reason?.code).toBe('MERGE_CONFLICT');

  const both = `*** Begin Patch\n*** Delete File: ${app.file}\n*** End Patch\n`;
  const added = `*** Begin Patch\n*** Add File: ${app.file}\n+mine-and-theirs\n*** End Patch\n`;
  model.teach('resolve', [patch(both), patch(added), answer({ summary: 'Both hold.', files: [app.file] })]);
  const { run } = await must(
    daemon.client.call('reviseRun', { ...by(failed), body: { comments: [], text: 'SCENARIO=resolve', resolve: true } }),
  );
  const ready = await untilState(daemon, run.id, 'needs_approval');
  expect((await detail(ready)).brief).toContain(`- ${app.file}`);
  expect((await detail(ready)).standing).toMatchObject({ behind: 0, merges: 'clean' });
  await merge(ready);
  expect(await production()).toContain('mine-and-theirs');
  expect(app.git('show', `main:${app.file}`)).toBe('mine-and-theirs');
  app.commit(app.file, `${app.words}\n`);
}, 120_000);

test('a revision that only brings main in needs no edit when the two merge cleanly', async () => {
  await expect.poll(production, { timeout: 30_000 }).toContain(app.words);
  model.teach('alone', changeWords(app, app.words, 'alone'));
  const parent = await untilState(daemon, (await request(daemon, 'SCENARIO=alone')).id, 'needs_approval');
  app.commit('AGENTS.md', 'Came meanwhile: speak plainly.\n');
  await expect.poll(async () => (await detail(parent)).standing, { timeout: 60_000 }).toMatchObject({ behind: 1, merges: 'clean' });
  model.teach('bring', [answer({ summary: 'Nothing was in the way.', files: [] })]);
  const body = { comments: [], text: 'SCENARIO=bring', resolve: true };
  const { run } = await must(daemon.client.call('reviseRun', { ...by(parent), body }));
  const ready = await untilState(daemon, run.id, 'needs_approval');
  expect((await detail(ready)).standing).toMatchObject({ behind: 0, merges: 'clean' });
  const { files } = await must(daemon.client.call('getDiff', by(ready)));
  expect(files.map(({ path }) => path)).toEqual([app.file]);
  expect(await preview(ready)).toContain('alone');
  await must(daemon.client.call('rejectRun', { ...by(ready), body: { reason: 'enough' } }));
}, 120_000);

test('rules that became stricter on main while a change waited hold for it too', async () => {
  model.teach('early', changeWords(app, app.words, 'early'));
  const run = await untilState(daemon, (await request(daemon, 'SCENARIO=early')).id, 'needs_approval');
  expect((await detail(run)).brief).toContain('# Project rules\nFrom AGENTS.md:\nCame meanwhile: speak plainly.');
  const settings = app.git('show', 'main:codex-builder.jsonc');
  const stricter = { ...JSON.parse(settings), policy: { paths: { deny: [app.file] } } };
  app.commit('codex-builder.jsonc', JSON.stringify(stricter));
  await expect.poll(async () => (await detail(run)).standing, { timeout: 60_000 }).toMatchObject({ behind: 1 });
  await must(approve(daemon, run));
  const ended = await untilState(daemon, run.id, 'failed');
  expect(ended.reason).toMatchObject({ code: 'PATH_NOT_ALLOWED', message: expect.stringContaining(app.file) });
  app.commit('codex-builder.jsonc', settings);
  expect(await production()).toContain(app.words);
}, 120_000);

test('safe mode proposes, applies only on a word, and what is applied is what was proposed', async () => {
  await expect.poll(production, { timeout: 30_000 }).toContain(app.words);
  const diff = (from: string) => `--- a/${app.file}\n+++ b/${app.file}\n@@ -1 +1 @@\n-${from}\n+safe-words\n`;
  const safe = (given: string) => ({
    message: JSON.stringify({
      summary: 'Safe.',
      files: [app.file],
      risks: [],
      howToVerify: [],
      followUps: ['And the footer'],
      patch: given,
    }),
  });
  model.teach('safe', [safe(diff(app.words))]);
  const { run } = await must(daemon.client.call('createRun', { body: { prompt: 'SCENARIO=safe', safeMode: true } }));
  await expect.poll(async () => (await detail(run)).run.reason?.code, { timeout: 30_000 }).toBe('PATCH_PROPOSED');
  const proposed = await detail(run);
  expect(proposed.run).toMatchObject({ state: 'planning', safeMode: true });
  expect(proposed.run.headCommit).toBeUndefined();
  const { files } = await must(daemon.client.call('getDiff', by(run)));
  expect(files).toMatchObject([{ path: app.file, additions: 1, deletions: 1 }]);
  expect(processesOf(run.id)).toEqual([]);
  await must(daemon.client.call('applyRun', { ...by(run), body: {} }));
  const ready = await untilState(daemon, run.id, 'needs_approval');
  expect(await preview(ready)).toContain('safe-words');
  expect(await production()).toContain(app.words);

  const { drafts } = await must(daemon.client.call('listDrafts', {}));
  expect(drafts).toMatchObject([{ runId: run.id, position: 1, text: 'And the footer', state: 'open' }]);
  model.teach('default', [answer({ summary: 'Nothing.' })]);
  const draft = { params: { id: run.id, position: '1' } };
  const sent = await must(daemon.client.call('sendDraft', { ...draft, body: {} } as never));
  expect((sent as { run: Run }).run).toMatchObject({ prompt: 'And the footer', parentRunId: run.id });
  expect(await daemon.client.call('sendDraft', { ...draft, body: {} } as never)).toMatchObject({ status: 409 });
  await must(daemon.client.call('cancelRun', { ...by(ready), body: {} }));
}, 90_000);

test('an idle run gives way, its commit is restored without an agent, and an archived one is out of the list and back', async () => {
  model.teach('kept', changeWords(app, app.words, 'kept-words'));
  const ready = await untilState(daemon, (await request(daemon, 'SCENARIO=kept')).id, 'needs_approval');
  const replaced = { params: { id: ready.slot! }, body: { runId: ready.id } };
  const other = `run_${'0'.repeat(26)}`;
  expect(await daemon.client.call('replaceSlot', { ...replaced, body: { runId: other } })).toMatchObject({ status: 409, code: 'stale' });
  await must(daemon.client.call('replaceSlot', replaced));
  expect((await detail(ready)).run).toMatchObject({ state: 'expired', reason: { code: 'REPLACED' } });
  expect(await daemon.client.call('approveRun', { ...by(ready), body: { headCommit: ready.headCommit! } })).toMatchObject({ status: 409 });

  const { run } = await must(daemon.client.call('restoreRun', { ...by(ready), body: {} }));
  const restored = await untilState(daemon, run.id, 'needs_approval');
  expect(restored).toMatchObject({ headCommit: ready.headCommit, relation: 'restore' });
  expect(await preview(restored)).toContain('kept-words');
  expect((await detail(restored)).attempts).toEqual([]);

  await must(daemon.client.call('archiveRun', { ...by(ready), body: {} }));
  const listed = async (archived: 'true' | 'false') =>
    (await must(daemon.client.call('listRuns', { query: { archived } }))).runs.map(({ id }) => id);
  expect(await listed('false')).not.toContain(ready.id);
  expect(await listed('true')).toContain(ready.id);
  await expect
    .poll(() => app.git('ls-remote', `${state}/control.git`, `refs/codex-archive/*${ready.id}`), { timeout: 10_000 })
    .toContain(ready.headCommit);
  await must(daemon.client.call('archiveRun', { ...by(ready), body: { archived: false } }));
  expect(await listed('false')).toContain(ready.id);
  await must(daemon.client.call('cancelRun', { ...by(restored), body: {} }));
}, 90_000);

test('what a person says to a working agent is its next turn, and a failing check goes back to it once', async () => {
  model.teach('held', changeWords(app, app.words, 'held-words', 'gate'));
  model.teach('heard', changeWords(app, 'held-words', 'broken-by-message'));
  const asked = await request(daemon, 'SCENARIO=held');
  await model.reached('gate');
  await must(daemon.client.call('sendMessage', { ...by(asked), body: { text: 'Another word. SCENARIO=heard' } }));
  model.release('gate');
  await expect.poll(async () => (await detail(asked)).run.state, { timeout: 40_000 }).not.toBe('editing');
  const { events } = await must(daemon.client.call('getRunEvents', by(asked)));
  expect(events.map(({ type }) => type)).toContain('attempt.continued');
  // The words are broken now; the second look at them by the same scenario leaves them so, and the budget is one repair.
  const failed = await untilState(daemon, asked.id, 'failed');
  expect(failed.reason?.code).toMatch(/CHECK_FAILED|NO_CHANGES/);
  const after = (await must(daemon.client.call('getRunEvents', by(asked)))).events;
  expect(after.filter(({ type }) => type === 'repair.began')).toHaveLength(1);
  expect(processesOf(asked.id)).toEqual([]);

  model.teach('default', changeWords(app, app.words, 'never'));
  const { run } = await must(daemon.client.call('retryRun', { ...by(failed), body: {} }));
  expect(run).toMatchObject({ relation: 'retry', prompt: 'SCENARIO=held', parentRunId: asked.id });
  await must(daemon.client.call('cancelRun', { ...by(run), body: {} }));
}, 90_000);
