import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { AgentCommand } from '../../daemon/ports.ts';
import { type AgentBench, openAgentBench } from '../support/agent-bench.ts';
import { type ChatGpt, openChatGpt } from '../support/chatgpt.ts';
import { addFile, answer, patch, run } from '../support/scripted-model.ts';

const DAY = 86_400_000;
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An engine that has nothing but the sign-in. */
async function setup(script: Parameters<typeof openAgentBench>[0], hosts: readonly string[] = ['chatgpt.com']) {
  let opened: AgentBench | undefined;
  const chatGpt: ChatGpt = await openChatGpt(() => opened?.model.baseUrl ?? '');
  cleanups.push(() => chatGpt.close());
  const bench = await openAgentBench(script, {
    provider: undefined,
    signIn: { folder: chatGpt.signIn, hosts },
    around: chatGpt.around,
    files: { 'hello.txt': 'hello\n', 'sub/x.txt': 'x\n' },
  });
  opened = bench;
  cleanups.push(() => bench.close());
  const command = (start: string): AgentCommand | undefined =>
    [...bench.told.commands.values()].find((each) => each.command.startsWith(start));
  const outputs = () => [...bench.told.commands.values()].map(({ output, refused }) => output ?? refused ?? '');
  return { bench, chatGpt, command, outputs };
}
const turnsOf = ({ requests }: ChatGpt) => requests.filter(({ path }) => path === '/backend-api/codex/responses');

test('a turn goes to ChatGPT in the person’s name, by a proxy that reaches nothing else, and all of it is recorded', async () => {
  const { bench, chatGpt, command } = await setup({
    default: [
      [run('cat ../hello.txt; exit 3', { workdir: 'sub' }), run('echo two')],
      addFile('new.txt', 'new\n'),
      answer({ summary: 'one' }),
    ],
    second: [run('echo more'), answer()],
  });
  const { accessToken } = chatGpt.signInFor(DAY);
  const before = readFileSync(join(chatGpt.signIn, 'auth.json'));
  const first = await bench.work('SCENARIO=default');
  expect(first, bench.told.log).toMatchObject({ end: 'finished', answer: expect.stringContaining('one'), survivors: [] });
  expect(readFileSync(join(bench.worktree, 'new.txt'), 'utf8')).toBe('new\n');
  expect(chatGpt.nets).toEqual([{ kind: 'allow', hosts: ['chatgpt.com'] }]);
  expect(chatGpt.refused).toEqual([]);
  expect(turnsOf(chatGpt)).toHaveLength(3);
  for (const turn of turnsOf(chatGpt))
    expect(turn).toMatchObject({ host: 'chatgpt.com', authorization: `Bearer ${accessToken}`, account: 'account-1' });
  expect(first.usage).toEqual({ inputTokens: 3_000, cachedInputTokens: 300, outputTokens: 150 });
  expect(bench.told.usages.map(({ inputTokens }) => inputTokens)).toEqual([1_000, 2_000, 3_000]);
  expect(bench.told.commands.size).toBe(3);
  expect(command('cat')).toMatchObject({ tool: 'shell', cwd: '/app/sub', exitCode: 3, output: 'hello\n' });
  expect(command('echo two')).toMatchObject({ exitCode: 0, output: 'two\n' });
  expect(command('*** Begin Patch')).toMatchObject({ tool: 'patch', exitCode: 0 });

  const second = await bench.work('SCENARIO=second', { threadId: first.threadId });
  expect(second, bench.told.log).toMatchObject({ end: 'finished', threadId: first.threadId, usage: { inputTokens: 2_000 } });
  expect(command('echo more')).toMatchObject({ exitCode: 0 });
  expect(bench.told.commands.size).toBe(4);

  expect(existsSync(join(bench.codexHome, 'auth.json'))).toBe(false);
  expect(readFileSync(join(chatGpt.signIn, 'auth.json'))).toEqual(before);
});

test('neither a command nor a tool nor what Codex reads by itself shows the sign-in to the model', async () => {
  const dial = (where: string) =>
    `node -e 'const s=require("net").connect(${where});s.on("connect",()=>console.log("REACHED"));s.on("error",e=>console.log("no: "+e.code));s.on("close",()=>process.exit())'`;
  const { bench, chatGpt, outputs, command } = await setup({
    default: [
      run(
        'cat /codex/auth.json; cp /codex/auth.json /tmp/x; cat /proc/1/root/codex/auth.json; ln /codex/auth.json /app/y; head -c 99 < /codex/auth.json',
      ),
      run(
        'unshare -Urm sh -c "umount /codex/auth.json; cat /codex/auth.json"; mv /codex/auth.json /app/; chmod 777 /codex/auth.json; rm -f /codex/auth.json',
      ),
      run("grep -rlsE 'account[-]1|refresh[-]0|eyJ[h]bGci' /codex /app /tmp /run /in /home /proc/[0-9]*/environ 2>/dev/null; env"),
      { call: { name: 'view_image', args: { path: '/codex/auth.json' } } },
      patch('*** Begin Patch\n*** Update File: /codex/auth.json\n@@\n-{\n+{ \n*** End Patch\n'),
      run(dial('43128,"127.0.0.1"')),
      run('echo evil > /codex/config.toml; echo evil > /codex/hooks.json; echo evil > /app/.git; echo evil > /codex/records/1.json'),
      run('echo in > /app/ok && echo in > /tmp/ok && echo WRITTEN'),
      answer(),
    ],
    linked: [answer()],
  });
  const { accessToken } = chatGpt.signInFor(DAY);
  const outcome = await bench.work('SCENARIO=default');
  expect(outcome, bench.told.log).toMatchObject({ end: 'finished' });
  const said = outputs();
  expect(said[0]).toContain('Permission denied');
  expect(said[2]).toContain('PATH=');
  expect(command('view_image')?.output).toContain('Permission denied');
  expect(command('*** Begin Patch')?.refused).toContain('Permission denied');
  expect(command('node')?.output).toMatch(/^no: E/);
  expect(command('echo evil')?.output?.match(/Read-only file system|Device or resource busy|Permission denied/g)).toHaveLength(4);
  expect(command('echo in')?.output).toBe('WRITTEN\n');

  // What Codex itself reads of the worktree when a turn begins may be a link that a command made.
  symlinkSync('/codex/auth.json', join(bench.worktree, 'AGENTS.md'));
  await bench.work('SCENARIO=linked');

  const seen = JSON.stringify([...bench.model.requests.map(({ body }) => body), ...said, bench.told.log, bench.told.transcript]);
  for (const secret of [accessToken, 'refresh-0', accessToken.split('.')[1]!]) expect(seen).not.toContain(secret);
});

test('what the agent prints of the sign-in after all is kept out of the logs', async () => {
  const { bench, chatGpt, outputs } = await setup([{ hold: 'printing', ...run('cat /tmp/../app/leak') }, answer()]);
  const { accessToken } = chatGpt.signInFor(DAY);
  const working = bench.work('go');
  await bench.model.reached('printing');
  writeFileSync(join(bench.worktree, 'leak'), `token: ${accessToken}\n`, { mode: 0o644 });
  bench.model.release('printing');
  expect(await working).toMatchObject({ end: 'finished' });
  expect(outputs()).toEqual(['token: [redacted]\n']);
  expect(bench.told.log).toContain('token: [redacted]');
  expect(bench.told.log + bench.told.transcript).not.toContain(accessToken);
});

test('in safe mode the worktree cannot be written with a sign-in either', async () => {
  const { bench, chatGpt, outputs } = await setup([run('echo x > /app/x; echo y > /app/hello.txt; cat /codex/auth.json'), answer()]);
  chatGpt.signInFor(DAY);
  expect(await bench.work('go', { readOnly: true }), bench.told.log).toMatchObject({ end: 'finished' });
  expect(outputs()[0]?.match(/Read-only file system/g)).toHaveLength(2);
  expect(outputs()[0]).toContain('Permission denied');
});

test('another host of ChatGPT is reached only when the host allows it', async () => {
  const script = [answer()];
  const elsewhere = await setup(script);
  elsewhere.chatGpt.signInFor(DAY);
  elsewhere.chatGpt.manner.origin = 'https://eu.chatgpt.com';
  expect(await elsewhere.bench.work('go')).toMatchObject({ end: 'failed', reason: 'unreachable' });
  expect(new Set(elsewhere.chatGpt.refused)).toEqual(new Set(['eu.chatgpt.com']));
  expect(turnsOf(elsewhere.chatGpt)).toEqual([]);
  const allowed = await setup(script, ['chatgpt.com', 'eu.chatgpt.com']);
  allowed.chatGpt.signInFor(DAY);
  allowed.chatGpt.manner.origin = 'https://eu.chatgpt.com';
  expect(await allowed.bench.work('go'), allowed.bench.told.log).toMatchObject({ end: 'finished' });
  expect(turnsOf(allowed.chatGpt).map(({ host }) => host)).toEqual(['eu.chatgpt.com']);
});

test('a used-up budget ends the turn in the middle although nobody sits between Codex and ChatGPT', async () => {
  const { bench, chatGpt } = await setup([
    run('echo one >> a.txt'),
    run('sleep 20; echo two >> a.txt'),
    run('echo three >> a.txt'),
    answer(),
  ]);
  chatGpt.signInFor(DAY);
  const outcome = await bench.work('go', { budget: { tokens: 2_000 } });
  expect(outcome, bench.told.log).toMatchObject({ end: 'over_budget', detail: '2100 of 2000 tokens are used', survivors: [] });
  expect(turnsOf(chatGpt)).toHaveLength(2);
  expect(readFileSync(join(bench.worktree, 'a.txt'), 'utf8')).toBe('one\n');
  const last = await setup([run('true'), answer()]);
  last.chatGpt.signInFor(DAY);
  expect(await last.bench.work('go', { budget: { tokens: 2_000 } }), 'the answer that used it up').toMatchObject({ end: 'finished' });
});

test.each([
  [
    'the limit of the plan',
    { http: 429, body: { error: { type: 'usage_limit_reached', message: 'limit', plan_type: 'plus' } } },
    'rate_limited',
  ],
  ['a broken ChatGPT', { http: 500 }, 'unreachable'],
  ['an account without access', { http: 403, body: { error: { message: 'no access' } } }, 'signed_out'],
  ['a request it finds wrong', { http: 400 }, 'crashed'],
] as const)('%s ends the attempt and is told', async (_what, step, reason) => {
  const { bench, chatGpt } = await setup([step]);
  chatGpt.signInFor(DAY);
  expect(await bench.work('go')).toMatchObject({ end: 'failed', reason, survivors: [] });
});
