import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type AgentBench, openAgentBench } from '../support/agent-bench.ts';
import { type ChatGpt, openChatGpt } from '../support/chatgpt.ts';
import { answer, run } from '../support/scripted-model.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setup(script: Parameters<typeof openAgentBench>[0] = [answer()]) {
  let opened: AgentBench | undefined;
  const chatGpt: ChatGpt = await openChatGpt(() => opened?.model.baseUrl ?? '');
  cleanups.push(() => chatGpt.close());
  const bench = await openAgentBench(script, {
    provider: undefined,
    signIn: { folder: chatGpt.signIn, hosts: ['chatgpt.com'] },
    around: chatGpt.around,
  });
  opened = bench;
  cleanups.push(() => bench.close());
  const file = join(chatGpt.signIn, 'auth.json');
  const tokens = () => (JSON.parse(readFileSync(file, 'utf8')) as { tokens: Record<string, string> }).tokens;
  return { bench, chatGpt, file, tokens };
}
const turnsOf = ({ requests }: ChatGpt) => requests.filter(({ path }) => path === '/backend-api/codex/responses');

test('a sign-in that is about to end is renewed once for all who wait for it, and attempts get what cannot renew it', async () => {
  const { bench, chatGpt, file, tokens } = await setup([{ hold: 'thinking', ...run('true') }, answer()]);
  const old = chatGpt.signInFor(5 * MINUTE);
  const works = ['one', 'two'].map((name) => bench.work('go', { codexHome: join(bench.folder, 'threads', name) }));
  await bench.model.reached('thinking');
  const given = JSON.parse(readFileSync(join(bench.folder, 'threads', 'one', 'auth.json'), 'utf8')) as { tokens: Record<string, string> };
  expect(given.tokens).toMatchObject({ refresh_token: '', access_token: tokens()['access_token'] });
  bench.model.release('thinking');
  for (const work of works) expect(await work, bench.told.log).toMatchObject({ end: 'finished' });
  expect(chatGpt.renewals).toEqual([old.refreshToken]);
  expect(tokens()).toMatchObject({ refresh_token: 'refresh-1-of-the-person', account_id: 'account-1' });
  expect(tokens()['access_token']).not.toBe(old.accessToken);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const turn of turnsOf(chatGpt)) expect(turn.authorization).toBe(`Bearer ${tokens()['access_token']}`);
  expect(chatGpt.nets[0]).toEqual({ kind: 'allow', hosts: ['auth.openai.com', 'chatgpt.com'] });
  expect(existsSync(join(chatGpt.signIn, 'renewal'))).toBe(false);
});

test('a token that ChatGPT refuses is renewed before the next slot is spent', async () => {
  const { bench, chatGpt } = await setup();
  const { refreshToken } = chatGpt.signInFor(DAY);
  chatGpt.manner.takesNoToken = true;
  expect(await bench.work('go')).toMatchObject({ end: 'failed', reason: 'signed_out' });
  expect(chatGpt.renewals, 'an attempt renews nothing').toEqual([]);
  chatGpt.manner.takesNoToken = false;
  expect(await bench.engine.readiness()).toMatchObject({ ready: true, provider: 'ChatGPT', demo: false });
  expect(chatGpt.renewals).toEqual([refreshToken]);
  expect(await bench.work('go'), bench.told.log).toMatchObject({ end: 'finished' });
  expect(chatGpt.renewals).toHaveLength(1);
});

test('the engine says when nobody is signed in, when it has ended, and how to sign in; a sign-in made meanwhile counts at once', async () => {
  const { bench, chatGpt, file } = await setup();
  const how = `CODEX_HOME='${chatGpt.signIn}' `;
  expect(await bench.engine.readiness()).toMatchObject({ ready: false, reason: 'signed_out', remedy: expect.stringContaining(how) });
  expect(await bench.work('go')).toMatchObject({ end: 'failed', reason: 'signed_out', detail: expect.stringContaining(how) });

  writeFileSync(file, JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: 'sk-x', tokens: null }));
  expect(await bench.engine.readiness()).toMatchObject({ ready: false, detail: expect.stringContaining('holds no ChatGPT sign-in') });

  chatGpt.signInFor(-MINUTE);
  chatGpt.manner.renewsNothing = true;
  const ended = await bench.engine.readiness();
  expect(ended).toMatchObject({
    ready: false,
    reason: 'signed_out',
    detail: expect.stringContaining('has ended'),
    remedy: expect.stringContaining(how),
  });
  await bench.engine.readiness();
  expect(chatGpt.renewals, 'not asked again and again').toHaveLength(1);

  chatGpt.signInFor(DAY);
  expect(await bench.engine.readiness()).toMatchObject({ ready: true });
  expect(turnsOf(chatGpt)).toEqual([]);
});

test('a renewal whose daemon died before it took it over is taken over, and the used-up token is not used again', async () => {
  const { bench, chatGpt, file, tokens } = await setup();
  chatGpt.signInFor(-MINUTE);
  const expired = readFileSync(file, 'utf8');
  const fresh = chatGpt.signInFor(DAY);
  const left = readFileSync(file, 'utf8').replace(fresh.refreshToken, 'refresh-left-behind');
  writeFileSync(file, expired);
  mkdirSync(join(chatGpt.signIn, 'renewal'));
  writeFileSync(join(chatGpt.signIn, 'renewal', 'auth.json'), left);
  expect(await bench.engine.readiness()).toMatchObject({ ready: true });
  expect(chatGpt.renewals).toEqual([]);
  expect(tokens()).toMatchObject({ refresh_token: 'refresh-left-behind', access_token: fresh.accessToken });
});

test('by the sandbox’s own way out a host that is not allowed is not reached', async () => {
  const chatGpt = await openChatGpt(() => '');
  cleanups.push(() => chatGpt.close());
  const bench = await openAgentBench([answer()], { provider: undefined, signIn: { folder: chatGpt.signIn, hosts: ['nowhere.invalid'] } });
  cleanups.push(() => bench.close());
  chatGpt.signInFor(DAY);
  expect(await bench.work('go')).toMatchObject({ end: 'failed', reason: 'unreachable', detail: expect.stringContaining('ChatGPT:') });
});
