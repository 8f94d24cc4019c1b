import { expect, test } from 'vitest';
import { openPromptHistory } from '../../extension/overlay/prompt-history.ts';

function setup(...prompts: string[]) {
  const history = openPromptHistory();
  history.set(prompts);
  return history;
}

test('older and older, then back to what was being written', () => {
  const history = setup('newest', 'oldest');
  expect(history.older('mine')).toBe('newest');
  expect(history.older('newest')).toBe('oldest');
  expect(history.older('oldest')).toBeUndefined();
  expect(history.newer('oldest')).toBe('newest');
  expect(history.newer('newest')).toBe('mine');
  expect(history.newer('mine')).toBeUndefined();
});

test('a prompt that was changed is what is being written now', () => {
  const history = setup('newest', 'oldest');
  history.older('');
  expect(history.isWalking('newest')).toBe(true);
  expect(history.isWalking('newest!')).toBe(false);
  expect(history.newer('newest!')).toBeUndefined();
  expect(history.older('newest!')).toBe('newest');
  expect(history.newer('newest')).toBe('newest!');
});

test('the same words stand there once, and what is written already is not offered', () => {
  const history = setup('again', 'again', 'other');
  expect(history.older('again')).toBe('other');
});

test('a prompt that comes while walking does not move the place', () => {
  const history = setup('a', 'b');
  expect(history.older('')).toBe('a');
  history.set(['new', 'a', 'b']);
  expect(history.isWalking('a')).toBe(true);
  expect(history.older('a')).toBe('b');
});
