import { expect, test } from 'vitest';
import { findLines } from '../../daemon/adapters/git/find-lines.ts';

const naively = (lines: readonly string[], wanted: readonly string[]) =>
  lines.map((_line, at) => at).filter((at) => wanted.length > 0 && wanted.every((line, index) => lines[at + index] === line));

test('finds every place, also those that overlap', () => {
  const letters = (bits: number, length: number) => Array.from({ length }, (_, at) => 'ab'[(bits >> at) & 1]!);
  for (let text = 0; text < 256; text += 3)
    for (let length = 0; length <= 4; length++)
      for (let bits = 0; bits < 1 << length; bits++)
        expect(findLines(letters(text, 8), letters(bits, length))).toEqual(naively(letters(text, 8), letters(bits, length)));
});

test('lines that are nearly alike a million times take no longer than others', () => {
  const alike = Array.from({ length: 1_000_000 }, () => 'a');
  expect(findLines(alike, ['b', ...alike.slice(500_000)])).toEqual([]);
  expect(findLines(alike, [...alike.slice(500_000), 'b'])).toEqual([]);
});
