import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type AgentBench, openAgentBench, processesWith } from '../support/agent-bench.ts';
import { answer, run, type Step } from '../support/scripted-model.ts';

const benches: AgentBench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});
const setup = async (...given: Parameters<typeof openAgentBench>) => {
  const bench = await openAgentBench(...given);
  benches.push(bench);
  return bench;
};

/** A command with a grandchild in a session of its own, both recognizable from outside. */
const stubborn = (mark: string): Step =>
  run(`setsid nohup sleep 9${mark}1 >/dev/null 2>&1 & setsid -f sleep 9${mark}2; trap '' TERM INT HUP; sleep 9${mark}3`);
const sleepers = (mark: string) => processesWith(`sleep\x009${mark}`);
async function until(fact: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!fact()) {
    if (Date.now() > deadline) throw new Error('what was waited for did not come true');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('when the time is up everything is killed, grandchildren in sessions of their own included', async () => {
  const bench = await setup([stubborn('7101'), answer()]);
  const working = bench.work('go', { timeoutMs: 4_000 });
  await until(() => sleepers('7101').length === 3);
  const outcome = await working;
  expect(outcome).toMatchObject({ end: 'timed_out', survivors: [] });
  expect(sleepers('7101')).toEqual([]);
  expect(processesWith(`${bench.runId}/attempt/1`)).toEqual([]);
  const [command] = [...bench.told.commands.values()];
  expect(command).toMatchObject({ tool: 'shell', command: expect.stringContaining('setsid') });
  expect(command).not.toHaveProperty('exitCode');
  expect(outcome.usage.inputTokens).toBe(1_000);
});

test('an abort kills everything at once', async () => {
  const bench = await setup([stubborn('7202'), answer()]);
  const stop = new AbortController();
  const working = bench.work('go', { signal: stop.signal });
  await until(() => sleepers('7202').length === 3);
  const at = Date.now();
  stop.abort();
  expect(await working).toMatchObject({ end: 'stopped', survivors: [] });
  expect(Date.now() - at).toBeLessThan(2_000);
  expect(sleepers('7202')).toEqual([]);
  expect(await bench.work('go', { signal: AbortSignal.abort() })).toMatchObject({ end: 'stopped' });
});

test('an agent that says nothing any more is stalled, one that keeps working is not', async () => {
  const quiet = await setup([{ hang: true }]);
  expect(await quiet.work('go', { stallMs: 1_200 })).toMatchObject({ end: 'stalled', survivors: [] });
  const busy = await setup([...Array.from({ length: 4 }, () => run('sleep 0.6')), answer()]);
  expect(await busy.work('go', { stallMs: 2_000 })).toMatchObject({ end: 'finished' });
});

test('an agent that was killed in the middle of a command goes on in the same thread', async () => {
  const bench = await setup({
    default: [run('echo one >> a.txt'), stubborn('7303'), answer()],
    second: [run('echo two >> a.txt'), answer()],
  });
  const working = bench.work('go');
  await until(() => sleepers('7303').length === 3);
  const outer = processesWith(`${bench.runId}/attempt/1`).map(({ pid }) => pid);
  process.kill(Math.min(...outer), 'SIGKILL');
  const first = await working;
  expect(first).toMatchObject({ end: 'failed', reason: 'crashed', survivors: [] });
  expect(sleepers('7303')).toEqual([]);
  expect(first.threadId).toBe(bench.told.threads[0]);
  const second = await bench.work('SCENARIO=second go on', { threadId: first.threadId });
  expect(second, bench.told.log).toMatchObject({ end: 'finished', threadId: first.threadId });
  expect(readFileSync(join(bench.worktree, 'a.txt'), 'utf8')).toBe('one\ntwo\n');
  for (const name of ['.agents', '.aws', '.codex']) expect(existsSync(join(bench.worktree, name))).toBe(false);
});

test('a used-up budget ends the attempt in the middle of the turn', async () => {
  const bench = await setup([run('echo one >> a.txt'), run('echo two >> a.txt'), run('echo three >> a.txt'), answer()]);
  const outcome = await bench.work('go', { budget: { tokens: 2_000 } });
  expect(outcome, bench.told.log).toMatchObject({ end: 'over_budget', detail: '2100 of 2000 tokens are used', survivors: [] });
  expect(bench.model.requests).toHaveLength(2);
  expect(readFileSync(join(bench.worktree, 'a.txt'), 'utf8')).toBe('one\ntwo\n');
  expect(outcome.durationMs).toBeLessThan(5_000);
});

test('two attempts at once keep their usage, commands and budgets apart', async () => {
  const bench = await setup({
    rich: [run('echo rich'), run('sleep 0.5'), answer()],
    poor: [run('echo poor'), run('echo never'), answer()],
  });
  const commands: string[][] = [[], []];
  const attempt = (index: number, brief: string, tokens?: number) =>
    bench.work(brief, {
      codexHome: join(bench.folder, 'threads', brief),
      budget: tokens === undefined ? {} : { tokens },
      onCommand: ({ command }) => commands[index]?.push(command),
    });
  const [rich, poor] = await Promise.all([attempt(0, 'SCENARIO=rich'), attempt(1, 'SCENARIO=poor', 1)]);
  expect(rich).toMatchObject({ end: 'finished', usage: { inputTokens: 3_000 } });
  expect(poor).toMatchObject({ end: 'over_budget', usage: { inputTokens: 1_000 } });
  expect(new Set(commands[0])).toEqual(new Set(['echo rich', 'sleep 0.5']));
  expect(new Set(commands[1])).toEqual(new Set(['echo poor']));
});
