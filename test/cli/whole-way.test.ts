import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunDetail } from '#shared/api.ts';
import type { Run } from '#shared/run.ts';
import { changeWords } from '../support/edits.ts';
import { addFile, answer, patch } from '../support/scripted-model.ts';
import { type Live, startLive } from './live.ts';

let live: Live;
beforeAll(async () => {
  live = await startLive();
}, 60_000);
afterAll(() => live.end());

const lastRun = async (): Promise<Run> => (await live.json<{ runs: Run[] }>(['runs', '--limit', '1'])).runs[0]!;
const detail = (id: string) => live.json<RunDetail>(['show', id]);

test('from a request to production and back, by commands alone', async () => {
  const { app, model, run } = live;
  model.teach('whole', changeWords(app, app.words, 'said-by-hand'));
  const asked = await run(['request', 'Change the words.', 'SCENARIO=whole', '--wait']);
  expect(asked.code).toBe(0);
  expect(asked.err).toMatch(/Editing +Codex is working/);
  expect(asked.err).toContain('Needs approval');
  const { id, headCommit } = await lastRun();
  expect(asked.out).toContain(`${id}  Needs approval`);
  expect(asked.out, 'what to do next').toContain(`codex-builder approve ${id} --state ${live.daemon.state}`);
  expect(asked.out).not.toContain('Editing');

  expect((await run(['show', 'last'])).out).toContain('The words are now said-by-hand.');
  expect((await run(['show', id.slice(-8)])).out).toContain(id);
  expect((await run(['show', id, '--brief'])).out).toContain('Change the words.');
  const { out: diff } = await run(['diff', 'last']);
  expect(diff).toContain(`-${app.words}\n+said-by-hand\n`);
  writeFileSync(join(live.daemon.state, 'the.patch'), diff);
  const applied = spawnSync('git', ['-C', app.repo, 'apply', '--check', join(live.daemon.state, 'the.patch')], { encoding: 'utf8' });
  expect(applied, 'git itself takes the diff').toMatchObject({ status: 0, stderr: '' });
  expect((await run(['diff', 'last', '--stat'])).out).toContain(`M  ${app.file}  +1 −1`);
  expect((await run(['checks', 'last'])).out).toMatch(/passed +on the branch +.* {2}unit\n/);
  expect((await run(['commands', 'last'])).out).toContain(`cat ${app.file}`);
  expect((await run(['logs', 'last'])).out).toContain('check-unit');
  expect((await run(['logs', 'last', 'check-unit', '--follow'])).out).toContain('unit ok');
  expect((await run(['logs', 'last', 'check-unit', '--from', '5'])).out).not.toBe((await run(['logs', 'last', 'check-unit'])).out);
  expect((await run(['preview', 'last'])).out).toContain('healthy');

  const unasked = await run(['approve', 'last']);
  expect(unasked).toMatchObject({ code: 1, out: '' });
  expect(unasked.err, 'what would be approved is shown').toContain(`M  ${app.file}  +1 −1`);
  expect(unasked.err).toContain(`Give --yes, or --head ${headCommit!.slice(0, 10)}`);
  expect(await run(['approve', 'last'], { answer: false })).toMatchObject({ code: 1, out: '' });
  const stale = await run(['approve', 'last', '--yes', '--head', '0123456789']);
  expect(stale).toMatchObject({ code: 1, out: '' });
  expect(stale.err).toContain(`nothing was approved. It is at ${headCommit!.slice(0, 10)}`);
  expect((await lastRun()).state).toBe('needs_approval');

  const approved = await run(['approve', 'last', '--head', headCommit!.slice(0, 8), '--wait']);
  expect(approved.code).toBe(0);
  expect(approved.err).toContain('switching production');
  expect(approved.out).toContain(`${id}  Merged`);
  expect(await live.production()).toContain('said-by-hand');
  const again = await run(['approve', 'last', '--yes']);
  expect(again).toMatchObject({ code: 1, out: '' });
  expect(again.err).toContain('This run is merged');

  const back = await run(['rollback', 'last-healthy', '--wait', '--reason', 'only trying']);
  expect(back).toMatchObject({ code: 0 });
  expect(back.out).toMatch(/^rel_\S+ {2}live .*Back to: main as it was found\n$/);
  expect(await live.production()).toContain(app.words);
  expect((await run(['releases'])).out.split('\n')).toHaveLength(4);
  const { entries } = await live.json<{ entries: { action: string; actor: string; subject: string }[] }>(['audit', '--limit', '20']);
  expect(entries).toContainEqual(expect.objectContaining({ action: 'approveRun', actor: 'owner', subject: id }));
}, 90_000);

test('cycle ends with a code for each end', async () => {
  const { app, model, run } = live;
  model.teach('good', changeWords(app, app.words, 'cycled'));
  expect(await run(['cycle', 'SCENARIO=good'])).toMatchObject({ code: 0 });
  expect(await run(['reject', 'last', 'not', 'now'])).toMatchObject({ code: 0 });
  expect(await lastRun()).toMatchObject({ state: 'canceled', reason: { code: 'REJECTED' } });

  model.teach('bad', changeWords(app, app.words, 'broken'));
  const failed = await run(['cycle', 'SCENARIO=bad']);
  expect(failed.code).toBe(10);
  expect(failed.out).toContain('Failed');
  expect(failed.out).toContain('codex-builder logs');

  model.teach('held', [{ hold: 'cycle' }, answer()]);
  const waiting = live.run(['cycle', 'SCENARIO=held', '--json']);
  await model.reached('cycle');
  expect((await run(['cancel', 'last'])).code).toBe(0);
  const canceled = await waiting;
  model.release('cycle');
  expect(canceled).toMatchObject({ code: 11, err: '' });
  expect(JSON.parse(canceled.out)).toMatchObject({ run: { state: 'canceled' } });
}, 60_000);

test('what a reviewer and a request can do besides', async () => {
  const { app, model, run, json } = live;
  model.teach('first', changeWords(app, app.words, 'first-try'));
  model.teach('more', [
    patch(`*** Begin Patch\n*** Update File: ${app.file}\n@@\n-first-try\n+second-try\n*** End Patch\n`),
    answer({ summary: 'Better.', files: [app.file], followUps: ['Add a picture', 'Add a sound'] }),
  ]);
  expect(await run(['request', '-', '--wait'], { input: 'Change it.\nSCENARIO=first\n' })).toMatchObject({ code: 0 });
  const first = await lastRun();
  const revised = await run(['revise', 'last', '--comment', `${app.file}:1:Say it better. SCENARIO=more`, 'and', 'shorter', '--wait']);
  expect(revised).toMatchObject({ code: 0 });
  const second = await lastRun();
  expect(second).toMatchObject({ parentRunId: first.id, relation: 'revision' });
  expect((await detail(second.id)).comments).toEqual({
    comments: [{ file: app.file, line: 1, text: 'Say it better. SCENARIO=more' }],
    text: 'and shorter',
  });
  expect((await run(['approve', first.id, '--yes'])).err).toContain('This run is canceled');

  expect((await run(['drafts'])).out).toContain('Add a picture');
  expect(await run(['drafts', 'dismiss', second.id, '2'])).toMatchObject({ code: 0, out: 'Dropped: Add a sound\n' });
  expect((await run(['drafts'])).out).not.toContain('Add a sound');
  model.teach('drafted', [answer()]);
  expect((await run(['drafts', 'send', second.id, '1', '--prompt', 'Add it. SCENARIO=drafted'])).code).toBe(0);
  expect((await lastRun()).prompt).toBe('Add it. SCENARIO=drafted');
  expect((await run(['watch', 'last'])).code, 'nothing was changed, so it failed').toBe(10);
  expect((await run(['archive', 'last'])).code).toBe(0);
  expect((await lastRun()).id).toBe(second.id);
  const [archived] = (await json<{ runs: Run[] }>(['runs', '--archived'])).runs;
  expect((await run(['unarchive', archived!.id])).code).toBe(0);
  expect((await lastRun()).id).toBe(archived!.id);

  const unread = async () => (await json<{ runs: Run[] }>(['runs', '--unread'])).runs.map(({ id }) => id);
  const ended = archived!.id;
  expect(await unread()).toContain(ended);
  for (let time = 0; time < 2; time++) expect(await run(['read', ended])).toMatchObject({ code: 0, out: `${ended}  is read.\n` });
  expect(await unread()).not.toContain(ended);
  expect(await run(['unread', ended])).toMatchObject({ code: 0, out: `${ended}  is unread.\n` });
  expect(await unread()).toContain(ended);

  expect((await run(['slots'])).out).toContain(second.id);
  expect((await run(['slots', 'replace', second.slot!, '--run', second.id])).out).toContain('Replaced');
  expect((await run(['restore', second.id, '--wait'])).code).toBe(0);
  expect(await lastRun()).toMatchObject({ relation: 'restore', state: 'needs_approval' });
  expect((await run(['cancel', 'last'])).code).toBe(0);
  expect((await run(['retry', archived!.id])).code).toBe(0);
  expect((await lastRun()).relation).toBe('retry');
}, 90_000);

test('a safe-mode patch is shown, and applied when somebody says so', async () => {
  const { app, model, run } = live;
  const text = `--- a/${app.file}\n+++ b/${app.file}\n@@ -1 +1 @@\n-${app.words}\n+proposed\n`;
  model.teach('safe', [
    { message: JSON.stringify({ patch: text, summary: 'S', files: [app.file], risks: [], howToVerify: [], followUps: [] }) },
  ]);
  expect(await run(['cycle', '--safe-mode', 'SCENARIO=safe'])).toMatchObject({ code: 0 });
  expect((await run(['diff', 'last'])).out).toContain('+proposed');
  expect(await run(['apply', 'last'])).toMatchObject({ code: 1, out: '' });
  expect((await run(['apply', 'last', '--yes', '--wait'])).code).toBe(0);
  expect((await lastRun()).state).toBe('needs_approval');
  expect((await run(['cancel', 'last'])).code).toBe(0);
}, 60_000);

test('a dry run prints the whole brief, with the files, and asks for nothing', async () => {
  const { app, run, json } = live;
  const before = await lastRun();
  const argv = ['request', 'Make it shine', '--dry-run', '--dir', app.repo, '-f', '**/*.txt', '--file', '!nothing-*'];
  const dry = await run(argv);
  expect(dry).toMatchObject({ code: 0, err: '' });
  expect(dry.out).toMatch(/^# Task\nMake it shine\n/);
  expect(dry.out).toContain(`--- ${app.file}\n${app.words}`);
  expect(dry.out).toContain('# Constraints');
  expect(dry.out).toMatch(/Nothing was asked for. About \d+ tokens/);
  const { brief, tokens } = await json<{ brief: string; tokens: number }>([...argv, '--no-constraints']);
  expect(brief).not.toContain('# Constraints');
  expect(tokens).toBe(Math.ceil(brief.length / 4));
  expect((await lastRun()).id).toBe(before.id);
});

test('SEC what an agent wrote moves no cursor and hides nothing', async () => {
  const { model, run, json } = live;
  model.teach('sly', [
    addFile('sly.txt', 'before\u001b[2K\u001b[1Aafter\u202e\n'),
    answer({ summary: 'See \u001b]0;you\u0007 there.', files: ['sly.txt'] }),
  ]);
  expect((await run(['cycle', 'SCENARIO=sly \u001b[31mred'])).code).toBe(0);
  for (const argv of [
    ['show', 'last'],
    ['diff', 'last'],
    ['runs'],
    ['watch', 'last', '--after', '0'],
    ['commands', 'last'],
    ['approve', 'last'],
  ]) {
    const said = await run(argv, { interrupt: AbortSignal.abort() });
    expect(said.out + said.err, argv.join(' ')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  }
  expect((await run(['diff', 'last'])).out).toContain('^[[2K');
  expect(JSON.stringify(await json(['diff', 'last'])), 'a program gets what is there').toContain('\\u001b[2K');
  expect((await run(['cancel', 'last'])).code).toBe(0);
}, 60_000);
