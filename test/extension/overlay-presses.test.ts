import { expect, test } from 'vitest';
import { AGAIN_MS, openPresses } from '../../extension/overlay/presses.ts';

test('the key opens, and closes what is open', () => {
  const means = openPresses();
  expect(means(0, false)).toBe('open');
  expect(means(AGAIN_MS + 1, true)).toBe('close');
  expect(means(AGAIN_MS + 2, false)).toBe('open');
});

test('a second press shortly after an opening one is the page’s, once', () => {
  const means = openPresses();
  expect(means(1_000, false)).toBe('open');
  expect(means(1_000 + AGAIN_MS, true)).toBe('pass');
  expect(means(1_001 + AGAIN_MS, false)).toBe('open');
});

test('what was opened in another way is closed by the first press', () => {
  const means = openPresses();
  expect(means(10, true)).toBe('close');
  expect(means(20, true)).toBe('close');
});
