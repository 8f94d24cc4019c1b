import { expect, test } from 'vitest';
import { createLog } from '../../daemon/adapters/system/log.ts';
import { lineOf } from '../../daemon/gateway/log.ts';

/** What a person, a page or a program may put into a field: a second line, a forged one, and what a terminal would act upon. */
const HOSTILE = 'a\nb\r\u2028c\u2029{"level":"error"}\u001b[2K\u009b2J\u0085\u007f\u202eright to left\u2066\u200b';

const written = (field: string): string[] => {
  const lines: string[] = [];
  createLog((line) => lines.push(line), 'debug', [])('info', field, { [field]: field });
  return [...lines, lineOf('info', field, { [field]: field })];
};

test('AUD-02 whatever stands in a field, a line is one line of plain JSON that a terminal only shows', () => {
  for (const line of written(HOSTILE)) {
    expect(line).toMatch(/^[\x20-\x7e]+\n$/);
    const { message, level, [HOSTILE]: field } = JSON.parse(line) as Record<string, string>;
    expect([message, level, field]).toEqual([HOSTILE, 'info', HOSTILE]);
  }
});

test('what people write is left as they wrote it', () => {
  for (const line of written('grün, 漢字, 🙂')) expect(line).toContain('grün, 漢字, 🙂');
});

test('no field takes the place of what the line itself says', () => {
  const lines: string[] = [];
  createLog((line) => lines.push(line), 'debug', [])('error', 'true', { level: 'debug', message: 'forged', at: 'never' });
  for (const line of [...lines, lineOf('error', 'true', { level: 'debug', message: 'forged', at: 'never' })]) {
    expect(JSON.parse(line)).toMatchObject({ level: 'error', message: 'true', at: expect.stringMatching(/^20/) });
  }
});

test('a secret that JSON writes in another way is redacted all the same', () => {
  const secret = 'pass"word\\with\nodd parts';
  const lines: string[] = [];
  createLog((line) => lines.push(line), 'debug', [secret])('info', 'x', { header: `Bearer ${secret}!` });
  expect(lines[0]).not.toContain('odd parts');
});
