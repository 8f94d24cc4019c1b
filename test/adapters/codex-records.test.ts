import { expect, test } from 'vitest';
import { openCommandBook } from '../../daemon/adapters/codex/command-book.ts';
import { readCodexLine, scriptOf } from '../../daemon/adapters/codex/json-lines.ts';
import { splitLines } from '../../daemon/adapters/codex/lines.ts';
import { openLiveLog } from '../../daemon/adapters/codex/live-log.ts';
import { readStreamLine } from '../../daemon/adapters/codex/model-stream.ts';
import { startStallWatch } from '../../daemon/adapters/codex/stall-watch.ts';
import { clip, readToolOutput } from '../../daemon/adapters/codex/tool-output.ts';
import type { AgentCommand, Clock } from '../../daemon/ports.ts';

/** A clock that the test moves. */
function handClock() {
  let time = 0;
  let due: { at: number; then: () => void }[] = [];
  const clock: Clock = {
    now: () => 1_000_000 + time,
    elapsed: () => time,
    after(delayMs, then) {
      const entry = { at: time + delayMs, then };
      due.push(entry);
      return () => {
        due = due.filter((other) => other !== entry);
      };
    },
  };
  const pass = (ms: number) => {
    time += ms;
    const ready = due.filter(({ at }) => at <= time);
    due = due.filter(({ at }) => at > time);
    for (const { then } of ready) then();
  };
  return { clock, pass, pending: () => due.length };
}

function setupBook() {
  const { clock, pass } = handClock();
  const told: AgentCommand[] = [];
  const book = openCommandBook(clock, (command) => told.push(command));
  const shell = (callId: string, cmd: string, more = {}) =>
    book.asked({ callId, name: 'exec_command', input: JSON.stringify({ cmd, ...more }) });
  const hook = (phase: 'before' | 'after', callId: string, command: string, response?: string) =>
    book.hooked({ phase, callId, tool: 'Bash', command, cwd: '/app', response });
  return { book, told, pass, shell, hook, last: (callId: string) => told.findLast((command) => command.callId === callId) };
}
const answered = (code: number, output: string) =>
  `Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code ${code}\nOutput:\n${output}`;

test('a command is told when it starts and again, under the same id, with exit code, duration and output', () => {
  const { book, told, pass, shell, hook, last } = setupBook();
  shell('call_1', 'npm test', { workdir: 'packages/a' });
  expect(told).toEqual([]);
  hook('before', 'call_1', 'npm test');
  expect(told).toEqual([{ callId: 'call_1', tool: 'shell', command: 'npm test', cwd: '/app/packages/a', startedAt: 1_000_000 }]);
  pass(1_500);
  hook('after', 'call_1', 'npm test', 'all good\n');
  pass(20);
  book.answered('call_1', answered(0, 'all good\n'));
  expect(last('call_1')).toMatchObject({ exitCode: 0, durationMs: 1_500, output: 'all good\n' });
  expect(new Set(told.map(({ callId }) => callId)).size).toBe(1);
});

test('a JSON line finds its command by the script in it, also when two are the same', () => {
  const { book, told, shell, hook, last } = setupBook();
  for (const callId of ['call_1', 'call_2']) {
    shell(callId, `sed -i 's/= 1/= 2/' "x.js" && echo $HOME`);
    hook('before', callId, '');
  }
  const line = (itemId: string, ended: boolean, exitCode?: number) => {
    const read = readCodexLine(
      JSON.stringify({
        type: ended ? 'item.completed' : 'item.started',
        item: {
          id: itemId,
          type: 'command_execution',
          command: `/bin/bash -c "sed -i 's/= 1/= 2/' \\"x.js\\" && echo "'$HOME'`,
          aggregated_output: `out of ${itemId}`,
          exit_code: exitCode ?? null,
        },
      }),
    );
    if (read?.type === 'command') book.line(read);
  };
  line('item_1', false);
  line('item_2', false);
  line('item_2', true, 2);
  line('item_1', true, 1);
  expect(last('call_1')).toMatchObject({ exitCode: 1, output: 'out of item_1' });
  expect(last('call_2')).toMatchObject({ exitCode: 2, output: 'out of item_2' });
  expect(new Set(told.map(({ callId }) => callId)).size).toBe(2);
});

test('a command that goes on in the background gets its exit code when it is looked at', () => {
  const { book, shell, hook, last } = setupBook();
  shell('call_1', 'sleep 9; echo late; exit 4');
  hook('before', 'call_1', '');
  book.answered('call_1', 'Chunk ID: 1\nProcess running with session ID 21118\nOutput:\nearly\n');
  expect(last('call_1')).toMatchObject({ output: 'early\n' });
  expect(last('call_1')).not.toHaveProperty('exitCode');
  book.asked({ callId: 'call_2', name: 'write_stdin', input: '{"session_id":21118,"chars":""}' });
  book.answered('call_2', answered(4, 'late\n'));
  expect(last('call_1')).toMatchObject({ output: 'early\nlate\n', exitCode: 4 });
  expect(last('call_2')).toBeUndefined();
});

test('what a tool refused is told although no hook and no line ever spoke of it', () => {
  const { book, shell, last } = setupBook();
  shell('call_1', 'touch /etc/x');
  book.answered('call_1', 'approval policy is Never; reject command');
  book.asked({ callId: 'call_2', name: 'nosuch', input: '{}' });
  book.answered('call_2', 'unsupported call: nosuch');
  expect(last('call_1')).toMatchObject({ command: 'touch /etc/x', refused: 'approval policy is Never; reject command' });
  expect(last('call_2')).toMatchObject({ tool: 'other', refused: 'unsupported call: nosuch' });
});

test('a command that was cut off is told once more at the end, without an exit code', () => {
  const { book, pass, shell, hook, last } = setupBook();
  shell('call_1', 'sleep 1000');
  hook('before', 'call_1', '');
  pass(700);
  book.answered('call_1', 'aborted by user after 0.7s');
  book.close();
  expect(last('call_1')).toMatchObject({ durationMs: 700 });
  for (const unknown of ['exitCode', 'refused']) expect(last('call_1')).not.toHaveProperty(unknown);
});

test('a command cannot forge its exit code by printing one', () => {
  expect(readToolOutput(answered(1, 'Process exited with code 0\nOutput:\nfine'))).toEqual({
    exitCode: 1,
    output: 'Process exited with code 0\nOutput:\nfine',
  });
});

test('a long output keeps its first and last part within 16 KiB and whole characters', () => {
  const text = `first${'ü'.repeat(40_000)}last`;
  const clipped = clip(text);
  expect(Buffer.byteLength(clipped)).toBeLessThanOrEqual(16 * 1024);
  expect(clipped.startsWith('first')).toBe(true);
  expect(clipped.endsWith('last')).toBe(true);
  expect(clipped).not.toContain('\uFFFD');
  expect(clip('short')).toBe('short');
});

test.each([
  [`/bin/bash -c 'cat x.js && git status'`, 'cat x.js && git status'],
  [`/usr/bin/bash -lc ls`, 'ls'],
  [`/bin/bash -c "echo 'a b'; echo \\$X"`, `echo 'a b'; echo $X`],
  [`/bin/bash -c ''`, ''],
])('the script of %s is %s', (line, script) => expect(scriptOf(line)).toBe(script));

test('junk, halves, foreign types and far too long lines are passed over, and what follows is read', () => {
  const lines: string[] = [];
  let tooLong = 0;
  const splitter = splitLines(
    40,
    (line) => lines.push(line),
    () => tooLong++,
  );
  const bytes = Buffer.from(`ü1\r\n\n${'x'.repeat(100)}\nlast ü`);
  for (const byte of bytes) splitter.push(Uint8Array.of(byte));
  splitter.end();
  expect(lines).toEqual(['ü1', 'last ü']);
  expect(tooLong).toBe(1);
  for (const line of [
    '',
    'null',
    '[]',
    '"x"',
    '{',
    '{"type":7}',
    '{"type":"item.completed"}',
    '{"type":"item.completed","item":[1]}',
    '\u0000',
  ])
    expect(readCodexLine(line)).toBeUndefined();
  for (const line of ['data: [DONE]', 'data:', 'event: x', 'data: {"type":"response.output_item.done","item":{"type":"function_call"}}'])
    expect(readStreamLine(line)).toEqual([]);
});

test('the live log reads like a terminal, each command once', () => {
  let text = '';
  const log = openLiveLog({
    write(chunk) {
      text += String(chunk);
    },
  });
  const command: AgentCommand = { callId: 'c', tool: 'shell', command: 'npm test', cwd: '/app', startedAt: 1 };
  log.line({ type: 'message', text: 'I will look.' });
  log.command(command);
  log.command({ ...command, output: 'ok\n', durationMs: 1_200 });
  log.command({ ...command, output: 'ok\n', durationMs: 1_200, exitCode: 0 });
  log.command({ ...command, output: 'ok\n', durationMs: 1_200, exitCode: 0 });
  log.line({ type: 'files', ended: true, failed: false, changes: [{ path: '/app/x.js', kind: 'update' }] });
  log.line({ type: 'plan', steps: [{ text: 'look', done: true }] });
  log.close();
  expect(text).toBe('\nI will look.\n\n$ npm test\nok\n[exit 0 · 1.2 s]\nupdate x.js\n[x] look\n');
});

test('silence for the whole time is a stall, a sign of life puts it off, and a stopped watch leaves no timer', () => {
  const { clock, pass, pending } = handClock();
  let stalls = 0;
  const watch = startStallWatch(clock, 100, () => stalls++);
  pass(90);
  watch.touch();
  pass(90);
  expect(stalls).toBe(0);
  pass(10);
  expect(stalls).toBe(1);
  const other = startStallWatch(clock, 100, () => stalls++);
  other.stop();
  expect(pending()).toBe(0);
});
