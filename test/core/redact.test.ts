import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../daemon/core/redact.ts';
import { randomFrom } from './random.ts';

const KEY = 'sk-proj-0123456789abcdef';
const PEM = '-----BEGIN PRIVATE KEY-----\nMIIabcdef\n0123456789\n-----END PRIVATE KEY-----';

function redact(secrets: readonly string[], ...chunks: string[]): string {
  const redactor = createRedactor(secrets);
  return chunks.map((chunk) => redactor.push(chunk)).join('') + redactor.flush();
}

describe('SEC-03 a secret is not in the output', () => {
  test.each([[KEY], [PEM], ['aaaaaaaaaaaa'], ['abcabcabd-abcabcabc'], ['a+b*c?(d)[e]{f}^$|\\/'], ['päßwörd-😀-geheim']])(
    'however it is cut in two: %j',
    (secret) => {
      const text = `before ${secret} after`;
      for (let cut = 0; cut <= text.length; cut++) {
        expect(redact([secret], text.slice(0, cut), text.slice(cut))).toBe('before [redacted] after');
      }
    },
  );

  test('cut into single characters, and cut in three anywhere', () => {
    const text = `x${KEY}y${KEY}${KEY}z`;
    const clean = 'x[redacted]y[redacted][redacted]z';
    expect(redact([KEY], ...text)).toBe(clean);
    for (let one = 0; one < text.length; one += 3)
      for (let two = one; two < text.length; two += 3)
        expect(redact([KEY], text.slice(0, one), text.slice(one, two), text.slice(two))).toBe(clean);
  });

  test('when one secret begins another, the rest of the longer one does not show, wherever it is cut', () => {
    const short = 'password';
    const long = 'password-of-production';
    for (const secrets of [
      [short, long],
      [long, short],
    ]) {
      for (let cut = 0; cut <= long.length; cut++) expect(redact(secrets, long.slice(0, cut), `${long.slice(cut)}!`)).toBe('[redacted]!');
      for (let cut = 0; cut <= short.length; cut++)
        expect(redact(secrets, short.slice(0, cut), `${short.slice(cut)}-of-mine`)).toBe('[redacted]-of-mine');
      expect(redact(secrets, 'pass', 'word')).toBe('[redacted]');
    }
  });

  test('when one secret ends with the beginning of itself or of another', () => {
    expect(redact(['abcdabcd'], 'abcdabcd')).toBe('[redacted]');
    expect(redact(['abcdabcd'], 'abcd', 'abcdabcd', '!')).toBe('[redacted]abcd!');
    expect(redact(['12345678abcd', 'abcdefgh'], '12345678abcdefgh')).toBe('[redacted]efgh');
  });

  test('at the very end of the stream, where nothing more comes', () => {
    expect(redact([KEY], KEY)).toBe('[redacted]');
    expect(redact([KEY], KEY.slice(0, -1))).toBe(KEY.slice(0, -1));
  });
});

test('what is no secret comes out as it went in, whatever the chunks', () => {
  const random = randomFrom(11);
  const text = Array.from({ length: 3_000 }, () => random.pick([...'sk-proj 0123\n😀'])).join('');
  for (let story = 0; story < 30; story++) {
    const chunks: string[] = [];
    for (let at = 0; at < text.length; ) {
      const size = 1 + random.below(40);
      chunks.push(text.slice(at, at + size));
      at += size;
    }
    expect(redact([KEY, PEM], ...chunks)).toBe(text);
  }
});

test('no more is held back than could become a secret, so that a live log stays live', () => {
  const redactor = createRedactor([KEY]);
  expect(redactor.push('compiling\n')).toBe('compiling\n');
  expect(redactor.push('sk-')).toBe('');
  expect(redactor.push('ip this\n')).toBe('sk-ip this\n');
  expect(redactor.push(`${'s'.repeat(100_000)}`)).toHaveLength(99_999);
});

test('short values and none at all redact nothing', () => {
  expect(redact([], 'anything')).toBe('anything');
  expect(redact(['', 'a', '1234567'], 'a 1234567')).toBe('a 1234567');
});

test('a megabyte in small chunks takes time in proportion', () => {
  const redactor = createRedactor([KEY, PEM, 'x'.repeat(4_000)]);
  const before = performance.now();
  for (let chunk = 0; chunk < 1_000; chunk++) redactor.push('sk-proj-01234567 '.repeat(60));
  expect(performance.now() - before).toBeLessThan(4_000);
});
