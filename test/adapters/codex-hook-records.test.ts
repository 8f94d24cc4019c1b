import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HookRecord, openHookRecords } from '../../daemon/adapters/codex/hook-records.ts';
import { openRollout } from '../../daemon/adapters/codex/rollout.ts';

let folder: string;
let told: HookRecord[];
let said: unknown[];
beforeEach(() => {
  folder = mkdtempSync('/tmp/hook-records-test-');
  told = [];
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const RECORD = JSON.stringify({
  hook_event_name: 'PreToolUse',
  tool_use_id: 'call_1',
  tool_name: 'Bash',
  tool_input: { command: 'ls' },
  cwd: '/app',
});

function drain(): void {
  const records = openHookRecords(
    folder,
    (record) => told.push(record),
    (_level, _message, fields) => said.push(fields),
  );
  records.drain();
  records.close();
}

test('a record is handed over and removed', () => {
  writeFileSync(join(folder, '1.json'), RECORD);
  drain();
  expect(told).toMatchObject([{ phase: 'before', callId: 'call_1', command: 'ls' }]);
  expect(existsSync(join(folder, '1.json'))).toBe(false);
});

test('FS-01 FS-02 a link, a pipe and a file past the limit are not read, each with why; what comes after them is', () => {
  const outside = join(folder, 'outside');
  writeFileSync(outside, RECORD);
  symlinkSync(outside, join(folder, '1.json'));
  execFileSync('mkfifo', [join(folder, '2.json')]);
  writeFileSync(join(folder, '3.json'), '');
  truncateSync(join(folder, '3.json'), 2 * 1024 ** 3);
  writeFileSync(join(folder, '4.json'), 'not a record');
  writeFileSync(join(folder, '5.json'), RECORD);
  drain();
  expect(told).toHaveLength(1);
  expect(said).toEqual([
    { name: '1.json', detail: expect.stringContaining('ELOOP') },
    { name: '2.json', detail: 'it is no file' },
    { name: '3.json', detail: 'it has 2147483648 bytes' },
    { name: '4.json', detail: 'no hook wrote it' },
  ]);
  expect(readFileSync(outside, 'utf8')).toBe(RECORD);
});

test('a folder that was removed holds no records, and that is no trouble', () => {
  rmSync(folder, { recursive: true });
  drain();
  expect(told).toEqual([]);
  expect(said.filter((fields) => !JSON.stringify(fields).includes('watch'))).toEqual([]);
});

test('FS-01 FS-02 a thread whose file is a link or a pipe tells nothing and holds nobody up', () => {
  const day = join(folder, 'sessions/2026/11/21');
  execFileSync('mkdir', ['-p', day]);
  writeFileSync(join(folder, 'secret.jsonl'), '{"type":"secret"}\n');
  symlinkSync(join(folder, 'secret.jsonl'), join(day, 'rollout-1-linked.jsonl'));
  execFileSync('mkfifo', [join(day, 'rollout-1-piped.jsonl')]);
  const lines: unknown[] = [];
  for (const thread of ['linked', 'piped', '../../../../secret']) {
    const rollout = openRollout(folder, thread, (line) => lines.push(line));
    rollout.drain();
    rollout.close();
  }
  expect(lines).toEqual([]);
});
