import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { CommandRules } from '../../daemon/adapters/codex/command-rules.ts';
import type { AgentCommand } from '../../daemon/ports.ts';
import { type AgentBench, openAgentBench } from '../support/agent-bench.ts';
import { addFile, answer, run, type Step } from '../support/scripted-model.ts';

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
async function setup(script: readonly Step[], commands: Partial<CommandRules>, more: Parameters<typeof openAgentBench>[1] = {}) {
  const bench = await openAgentBench(script, { commands: { deny: [], onDenied: 'refuse', ...commands }, ...more });
  cleanups.push(() => bench.close());
  return bench;
}
const commandsOf = ({ told }: AgentBench): readonly AgentCommand[] => [...told.commands.values()];
/** What the model was told about its calls, by call. */
const answersTo = ({ model }: AgentBench) =>
  (model.requests.at(-1)?.body.input ?? []).filter(({ type }) => type?.endsWith('_call_output')).map(({ output }) => String(output));

test('a denied command does not run, is recorded with the reason, and the agent is told and goes on', async () => {
  const bench = await setup(
    [
      run('touch before; git push origin main; touch after'),
      run("bash -c 'cd /app && git -c a=b push' | tee pushed"),
      addFile('new.txt', 'new\n'),
      run('echo git push; cat new.txt'),
      answer(),
    ],
    { deny: ['git push'] },
  );
  expect(await bench.work('go'), bench.told.log).toMatchObject({ end: 'finished' });
  for (const name of ['before', 'after', 'pushed']) expect(existsSync(join(bench.worktree, name)), name).toBe(false);
  const [first, second, add, last] = commandsOf(bench);
  for (const refused of [first, second]) {
    expect(refused).toMatchObject({ tool: 'shell', refused: expect.stringContaining('"git push" is on the deny list') });
    expect(refused).not.toHaveProperty('exitCode');
  }
  expect(add).toMatchObject({ tool: 'patch', exitCode: 0 });
  expect(last).toMatchObject({ exitCode: 0, output: 'git push\nnew\n' });
  expect(answersTo(bench)[0]).toContain('"git push" is on the deny list');
  expect(bench.told.log).toContain('[refused: "git push" is on the deny list');
});

test('ten denied commands at once are ten refusals, and none of them ran', async () => {
  const numbers = Array.from({ length: 10 }, (_, index) => index);
  const bench = await setup([numbers.map((i) => run(`touch ran-${i} && sudo true`)), answer()], { deny: ['sudo'] });
  expect(await bench.work('go'), bench.told.log).toMatchObject({ end: 'finished' });
  expect(commandsOf(bench).filter(({ refused }) => refused?.includes('"sudo"'))).toHaveLength(10);
  for (const i of numbers) expect(existsSync(join(bench.worktree, `ran-${i}`))).toBe(false);
});

test('with an allow list nothing else runs, nor what cannot be read, nor what is given to a running shell', async () => {
  const bench = await setup(
    [
      run('ls > listed && cat hello.txt'),
      run('ls; touch other'),
      run('$(echo touch) unread'),
      run('sh', { tty: true, yield_time_ms: 250 }),
      addFile('new.txt', 'new\n'),
      answer(),
    ],
    { allow: ['ls', 'cat'] },
  );
  expect(await bench.work('go'), bench.told.log).toMatchObject({ end: 'finished' });
  const [listed, other, unread, shell, add] = commandsOf(bench);
  expect(listed).toMatchObject({ exitCode: 0, output: 'hello\n' });
  expect(other?.refused).toContain('"touch other" is not on the allow list');
  expect(unread?.refused).toContain('cannot be read with certainty');
  expect(shell?.refused).toContain('reads its commands from its input');
  expect(add).toMatchObject({ tool: 'patch', exitCode: 0 });
  for (const name of ['other', 'unread']) expect(existsSync(join(bench.worktree, name)), name).toBe(false);
});

test('where the host wants it, a denied command ends the attempt', async () => {
  const bench = await setup([run('sudo true'), run('touch went-on'), answer()], { deny: ['sudo'], onDenied: 'end' });
  const outcome = await bench.work('go');
  expect(outcome).toMatchObject({
    end: 'failed',
    reason: 'command_not_allowed',
    detail: expect.stringMatching(/^sudo true: "sudo" is on the deny list/),
    survivors: [],
  });
  expect(commandsOf(bench)[0]).toMatchObject({ command: 'sudo true', refused: expect.stringContaining('"sudo"') });
});

test('a model that runs its commands from a program of its own is judged just so', async () => {
  const script = `const one = await tools.exec_command({cmd: "touch inner; sudo true"}).catch(String); const two = await tools.exec_command({cmd: "echo fine"}); text(JSON.stringify([one, two]));`;
  const bench = await setup([{ custom: { name: 'exec', input: script } }, answer()], { deny: ['sudo'] }, { model: 'gpt-6-sol' });
  expect(await bench.work('go'), bench.told.log).toMatchObject({ end: 'finished' });
  expect(existsSync(join(bench.worktree, 'inner'))).toBe(false);
  expect(commandsOf(bench).find(({ command }) => command.startsWith('touch'))?.refused).toContain('"sudo"');
  expect(commandsOf(bench).find(({ command }) => command === 'echo fine')).toMatchObject({ output: 'fine\n' });
});

test('an agent cannot switch the judge off: not by the repository, the home, the environment, a file of its own name, or from a later turn', async () => {
  const hooks = JSON.stringify({ hooks: { PreToolUse: [] } });
  const bench = await setup(
    [
      run(`echo '${hooks}' | tee /codex/hooks.json; echo '{"deny":[]}' | tee /codex/command-rules.json /codex/judge/command-rules.mjs`),
      run('for f in .profile .bashrc .bash_profile .npmrc; do echo exit 0 > /home/agent/$f; echo exit 0 > ~/$f; done; true'),
      run('export NODE_OPTIONS=--require=/app/off.cjs PATH=/app:$PATH; echo "process.exit(0)" > /app/off.cjs'),
      run(
        'printf "#!/bin/sh\\nexit 0\\n" > /app/node; printf "#!/bin/sh\\nexit 0\\n" > /tmp/node; chmod +x /app/node /tmp/node; mkdir -p /app/node_modules; echo {} > /app/package.json',
      ),
      run(
        '(while :; do pkill -9 node; rm -f /codex/records/*; sleep 0.02; done) >/dev/null 2>&1 & sleep 0.1; ps -e 2>/dev/null | grep -c codex; true',
        {
          yield_time_ms: 250,
        },
      ),
      run('touch escaped; sudo true', { shell: '/app/node', login: true }),
      run('touch escaped; sudo true'),
      answer(),
    ],
    { deny: ['sudo'] },
    { files: { 'hello.txt': 'hello\n', '.codex/hooks.json': hooks, '.codex/config.toml': '[features]\nhooks = false\n' } },
  );
  const first = await bench.work('go');
  expect(first, bench.told.log).toMatchObject({ end: 'finished' });
  expect(existsSync(join(bench.worktree, 'off.cjs')), 'the tries did run').toBe(true);
  const tried = () => commandsOf(bench).filter(({ command }) => command.startsWith('touch escaped'));
  expect(tried()).toHaveLength(2);
  writeFileSync(join(bench.codexHome, 'hooks.json'), hooks);
  rmSync(join(bench.codexHome, 'command-rules.json'), { force: true });
  bench.model.teach('later', [run('touch escaped; sudo true'), answer()]);
  expect(await bench.work('SCENARIO=later', { threadId: first.threadId }), bench.told.log).toMatchObject({ end: 'finished' });
  expect(tried()).toHaveLength(3);
  for (const { refused } of tried()) expect(refused).toContain('"sudo"');
  expect(existsSync(join(bench.worktree, 'escaped'))).toBe(false);
});

test.each([
  ['cannot start', (folder: string) => rmSync(join(folder, 'command-rules.mjs'))],
  ['is killed', (folder: string) => writeFileSync(join(folder, 'command-judge.mjs'), 'process.kill(process.pid, "SIGKILL")')],
] as const)('when the judge %s no command runs', async (_how, breakIt) => {
  const folder = mkdtempSync(join(tmpdir(), 'judge-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  cpSync(fileURLToPath(new URL('../../daemon/adapters/codex/judge', import.meta.url)), folder, { recursive: true });
  breakIt(folder);
  const bench = await setup([run('touch ran'), answer()], { deny: ['sudo'] }, { judgeFolder: folder });
  expect(await bench.work('go'), bench.told.log).toMatchObject({ end: 'finished' });
  expect(existsSync(join(bench.worktree, 'ran'))).toBe(false);
  expect(commandsOf(bench)[0]?.refused).toContain('could not be judged');
});

test('without rules the calls are only recorded', async () => {
  const bench = await openAgentBench([run('sudo true; echo went on'), answer()]);
  cleanups.push(() => bench.close());
  expect(await bench.work('go'), bench.told.log).toMatchObject({ end: 'finished' });
  expect(commandsOf(bench)[0]?.output).toContain('went on');
  expect(readFileSync(join(bench.codexHome, 'hooks.json'), 'utf8')).not.toContain('command-judge');
});
