import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { answer, connectGates, run, say, startScriptedModel } from '../support/scripted-model.ts';

const user = (text: string) => ({ role: 'user', content: [{ type: 'input_text', text }] });
const output = { type: 'function_call_output', call_id: 'c', output: '' };
const ask = async (baseUrl: string, input: readonly unknown[]) =>
  (await fetch(`${baseUrl}/responses`, { method: 'POST', body: JSON.stringify({ model: 'm', input }) })).text();

test('the step depends on the outputs after the last message with a marker, on nothing else', async () => {
  const model = await startScriptedModel({ default: [run('ls'), say('bye')], two: [[run('a'), run('b')], answer({ summary: 'both' })] });
  expect(await ask(model.baseUrl, [user('hi')])).toContain('exec_command');
  expect(await ask(model.baseUrl, [user('hi'), output])).toContain('bye');
  expect(await ask(model.baseUrl, [user('hi'), output, user('SCENARIO=two')])).toContain('exec_command');
  expect(await ask(model.baseUrl, [user('SCENARIO=two'), output, output, user('go on')])).toContain('both');
  expect(await ask(model.baseUrl, [user('SCENARIO=three')])).toContain('there is no scenario three');
  await model.close();
});

test('as a process of its own it says where it is, waits at its gates, and ends with whoever started it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'scripted-'));
  const file = join(folder, 'scenarios.json');
  writeFileSync(file, JSON.stringify({ default: [{ hold: 'gate', message: 'late' }] }));
  const main = fileURLToPath(new URL('../support/scripted-model-main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const line = await new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
  const { baseUrl, pid } = JSON.parse(line) as { baseUrl: string; pid: number };
  expect(pid).toBe(child.pid);
  const gates = connectGates(baseUrl);
  const answered = ask(baseUrl, [user('hi')]);
  await gates.reached('gate');
  gates.release('gate');
  expect(await answered).toContain('late');
  child.stdin.end();
  await ended;
  rmSync(folder, { recursive: true });
});
