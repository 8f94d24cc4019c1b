import { expect, test } from 'vitest';
import { messagesOf } from '../../daemon/page/run/send-message.tsx';

const fact = (type: string, payload: Record<string, unknown> = {}) => ({ type, payload, actor: 'mira', at: '2026-01-01T00:00:00.000Z' });

test('a message waits until a turn begins after it, and stays with that turn', () => {
  const facts = [
    fact('attempt.started', { attempt: 1 }),
    fact('message.sent', { text: 'one' }),
    fact('message.sent', { text: 'two' }),
    fact('attempt.continued', { attempt: 1 }),
    fact('attempt.started', { attempt: 2 }),
    fact('message.sent', { text: 'three' }),
  ];
  const told = (count: number) => messagesOf(facts.slice(0, count)).map(({ text, attempt }) => [text, attempt]);
  expect(told(3)).toEqual([
    ['one', undefined],
    ['two', undefined],
  ]);
  expect(told(6)).toEqual([
    ['one', 2],
    ['two', 2],
    ['three', undefined],
  ]);
});

test('facts without a text, and turns without a number, are passed over', () => {
  expect(messagesOf([fact('message.sent'), fact('message.sent', { text: 'x' }), fact('attempt.started')])).toEqual([
    { text: 'x', actor: 'mira', at: '2026-01-01T00:00:00.000Z' },
  ]);
});
