import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { MESSAGES, type MessageName } from '../../extension/messages.ts';
import { linkWords, pairWords } from '../../extension/words.ts';

const takes = (name: MessageName, body: unknown) => z.safeParse(MESSAGES[name].body, body).success;
const submit = { daemonId: 'dmn_0123456789abcdef', key: 'key-number-1', request: { prompt: 'Do it' }, pictures: ['QUJD'] };

test('a well-made message is taken', () => expect(takes('submit', submit)).toBe(true));

test.each([
  ['no prompt', { request: { prompt: '  ' } }],
  ['a prompt without end', { request: { prompt: 'x'.repeat(40_000) } }],
  [
    'a page of elements',
    { request: { prompt: 'x', context: { url: 'http://a.test', elements: Array.from({ length: 21 }, () => ({ selector: 'p' })) } } },
  ],
  ['nine pictures', { pictures: Array.from({ length: 9 }, () => 'QUJD') }],
  ['a picture that is no base64', { pictures: ['<svg onload=alert(1)>'] }],
  ['a picture of 30 MB', { pictures: ['A'.repeat(30_000_000)] }],
  ['a daemon by another name', { daemonId: '__proto__' }],
  ['a key that cannot stand in a header', { key: 'two words' }],
])('%s is refused before anything is kept', (_what, change) => expect(takes('submit', { ...submit, ...change })).toBe(false));

test('only what may be done with a run may be asked of one', () => {
  const act = { daemonId: submit.daemonId, runId: `run_${'0'.repeat(26)}`, act: 'approveRun', body: {}, key: submit.key };
  expect(takes('act', act)).toBe(true);
  for (const door of ['putFlags', 'createPairCode', 'rollback', 'constructor']) expect(takes('act', { ...act, act: door })).toBe(false);
});

describe('every trouble says what is wrong and what helps', () => {
  const ADDRESS = 'http://127.0.0.1:4400';
  test('of a connection', () => {
    expect(linkWords('ready', ADDRESS)).toBeUndefined();
    const troubles = (['offline', 'impostor', 'unpaired', 'revoked', 'version', 'forbidden'] as const).map((is) => linkWords(is, ADDRESS)!);
    expect(new Set(troubles.map(({ title }) => title)).size).toBe(troubles.length);
    for (const { text, command } of troubles) expect([text.length > 20, command]).toEqual([true, expect.stringMatching(/^(npm|scripts)/)]);
  });
  test('of pairing', () => {
    const whys = ['address', 'unreachable', 'not_a_daemon', 'wrong_code', 'too_many_tries', 'forbidden', 'version', 'internal'] as const;
    expect(new Set(whys.map((why) => pairWords(why, ADDRESS).title)).size).toBe(whys.length);
  });
});
