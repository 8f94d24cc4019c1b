import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keepLogsSmall, keepNewest } from '../../daemon/gateway/log-files.ts';
import { TestGateway, until } from './run-gateway.ts';

const KIB = 1024;
const LIMITS = { limitBytes: 256 * KIB, keepBytes: 128 * KIB };

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'logs-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Numbered lines, as a program that never stops talking writes them. */
const linesUpTo = (end: number, from = 0) => Array.from({ length: end - from }, (_, n) => `line ${from + n} ${'x'.repeat(80)}\n`).join('');
const numbersIn = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => Number(/^line (\d+) /.exec(line)?.[1]));

test('a log that grew too large keeps its newest whole lines, one that did not is left alone', async () => {
  const file = join(folder(), 'a.log');
  const text = linesUpTo(5_000);
  writeFileSync(file, text);
  expect(text.length).toBeGreaterThan(LIMITS.limitBytes);
  const dropped = await keepNewest(file, LIMITS);
  const kept = readFileSync(file, 'utf8');
  expect(kept).toBe(text.slice(dropped));
  expect(kept.length).toBeLessThanOrEqual(LIMITS.keepBytes);
  expect(kept.length).toBeGreaterThan(LIMITS.keepBytes - 200);
  expect(kept).toMatch(/^line \d+ /);
  expect(await keepNewest(file, LIMITS)).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(kept);
});

test('a file that is not there is nothing to do, and a link is not followed', async () => {
  const place = folder();
  expect(await keepNewest(join(place, 'none.log'), LIMITS)).toBe(0);
  writeFileSync(join(place, 'elsewhere'), linesUpTo(5_000));
  symlinkSync(join(place, 'elsewhere'), join(place, 'link.log'));
  await expect(keepNewest(join(place, 'link.log'), LIMITS)).rejects.toThrow('ELOOP');
  expect(statSync(join(place, 'elsewhere')).size).toBeGreaterThan(LIMITS.limitBytes);
});

test('what is written while a log is being cut is kept, in its order', async () => {
  const file = join(folder(), 'growing.log');
  let n = 0;
  let writing = true;
  const more = () => {
    appendFileSync(file, linesUpTo(n + 20, n));
    n += 20;
    setImmediate(() => writing && more());
  };
  more();
  onTestFinished(() => {
    writing = false;
  });
  for (let cuts = 0; cuts < 10; cuts += 1) {
    await until(
      () => statSync(file).size,
      (size) => size > LIMITS.limitBytes,
    );
    expect(await keepNewest(file, LIMITS)).toBeGreaterThan(0);
    const numbers = numbersIn(readFileSync(file, 'utf8'));
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => n - numbers.length + at));
    expect(numbers.length).toBeGreaterThan(1_000);
  }
});

test('a program that goes on writing goes on in the same file, at its end', async () => {
  const file = join(folder(), 'busy.log');
  const output = openSync(file, 'a', 0o600);
  const writer = `
    const line = (n) => 'line ' + n + ' ' + 'x'.repeat(80) + '\\n';
    let n = 0;
    const more = () => { const to = n + 200; let text = ''; while (n < to) text += line(n++); require('fs').writeSync(1, text); setTimeout(more, 1); };
    more();`;
  const child = spawn(process.execPath, ['-e', writer], { stdio: ['ignore', output, output] });
  closeSync(output);
  onTestFinished(() => void child.kill('SIGKILL'));
  for (let cuts = 0; cuts < 20; cuts += 1) {
    await until(
      () => statSync(file).size,
      (size) => size > LIMITS.limitBytes,
    );
    expect(await keepNewest(file, LIMITS)).toBeGreaterThan(0);
  }
  const before = statSync(file).size;
  await until(
    () => statSync(file).size,
    (size) => size > before,
  );
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  const numbers = numbersIn(readFileSync(file, 'utf8'));
  expect(numbers.length).toBeGreaterThan(1_000);
  // Only what another process writes between the last look and the cut, a few microseconds, can be lost: a write or two.
  const jumps = numbers.flatMap((n, at) => (at === 0 || n === numbers[at - 1]! + 1 ? [] : [n - numbers[at - 1]! - 1]));
  expect(jumps.every((missing) => missing > 0 && missing <= 400)).toBe(true);
  expect(jumps.length).toBeLessThanOrEqual(2);
});

test('a program that writes at a place of its own leaves a hole, which is not cut again and again', async () => {
  const file = join(folder(), 'hole.log');
  execFileSync('truncate', ['-s', '64M', file]);
  writeFileSync(file, 'the end\n', { flag: 'a' });
  expect(await keepNewest(file, LIMITS)).toBe(0);
});

test('a log that cannot be cut is said once and does not keep the others from being cut', async () => {
  const place = folder();
  writeFileSync(join(place, 'good.log'), linesUpTo(5_000));
  symlinkSync(join(place, 'good.log'), join(place, 'bad.log'));
  const said: string[] = [];
  const end = keepLogsSmall(
    () => [join(place, 'bad.log'), join(place, 'good.log')],
    (_level, message) => void said.push(message),
    { ...LIMITS, everyMs: 1 },
  );
  onTestFinished(end);
  await until(
    () => said,
    (lines) => lines.length >= 2,
  );
  writeFileSync(join(place, 'good.log'), linesUpTo(5_000));
  await until(
    () => said,
    (lines) => lines.length >= 3,
  );
  expect(said).toEqual(['a log cannot be cut', 'the oldest lines of a log were dropped', 'the oldest lines of a log were dropped']);
});

test('the gateway keeps the log of a running release and its own within bounds; the release notices nothing', async () => {
  const gateway = await new TestGateway().start();
  onTestFinished(() => gateway.end());
  const { pid } = await gateway.goLive('rel_chatty');
  const log = join(gateway.folder, 'rel_chatty.log');
  expect((await gateway.production('/write?mib=20')).status).toBe(200);
  const own = join(gateway.folder, 'logs', 'gateway.log');
  execFileSync('mkdir', ['-p', join(gateway.folder, 'logs')]);
  writeFileSync(own, Buffer.alloc(20 * KIB * KIB, 'gateway line\n'));
  for (const file of [log, own])
    await until(
      () => statSync(file).size,
      (size) => size > 0 && size <= 8 * KIB * KIB,
    );
  expect((await gateway.production('/write?mib=1')).status).toBe(200);
  expect(statSync(log).size).toBeGreaterThan(8 * KIB * KIB);
  expect((await gateway.state()).releases[0]).toMatchObject({ pid, running: true, restarts: 0 });
});
