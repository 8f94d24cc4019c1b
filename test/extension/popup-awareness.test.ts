import { expect, test } from 'vitest';
import { badgeOf } from '../../extension/awareness/badge.ts';
import { callsOf, readCallKey } from '../../extension/awareness/calls.ts';
import { readNoticeSettings } from '../../extension/awareness/notice-settings.ts';
import { aRun } from '../page/support/fake-client.ts';

const LATER = '2026-02-01T00:00:00.000Z';
const daemon = { id: 'dmn_0123456789abcdef', app: 'shop', user: 'ann', role: 'requester', pairedAt: Date.UTC(2026, 0, 15) } as const;

test('the badge counts what is not over, and shows in text, colour and words that a person has to move', () => {
  expect(badgeOf([aRun(1, { state: 'merged' })])).toEqual({ text: '', title: 'Codex Builder', calls: false });
  expect(badgeOf([aRun(1), aRun(2)])).toEqual({ text: '2', title: 'Codex Builder: 2 active runs on this page', calls: false });
  expect(badgeOf([aRun(1), aRun(2, { state: 'needs_approval' }), aRun(3, { state: 'failed' })])).toEqual({
    text: '2!',
    title: 'Codex Builder: 2 active runs on this page, 1 needs you',
    calls: true,
  });
  expect(badgeOf(Array.from({ length: 120 }, (_, number) => aRun(number))).text).toBe('99+');
  expect(badgeOf([aRun(1)], 'The daemon is not running')).toEqual({
    text: '',
    title: 'Codex Builder: The daemon is not running',
    calls: false,
  });
});

test.each([
  ['who asked', 'ann', 'requester', 'needs_approval', 'A run needs your approval · shop'],
  ['who may approve', 'bob', 'approver', 'needs_approval', 'A run needs your approval · shop'],
  ['who may only look', 'bob', 'requester', 'needs_approval', undefined],
  ['who asked', 'ann', 'requester', 'failed', 'A run failed · shop'],
  ['who may approve what another asked', 'bob', 'admin', 'failed', undefined],
  ['who asked, while it is still worked on', 'ann', 'admin', 'editing', undefined],
] as const)('%s (%s, %s) of a run that is %s is told %s', (_who, user, role, state, title) => {
  const reason = { code: 'CHECK_FAILED', message: 'unit: exit code 1' } as const;
  const run = aRun(1, { author: 'ann', state, updatedAt: LATER, ...(state === 'failed' && { reason }) });
  const [call] = callsOf({ ...daemon, user, role }, [run]);
  expect(call?.title).toBe(title);
  if (state === 'failed' && call) expect(call.message).toBe('Run 1\nA required check failed on the change.');
});

test('the same run in the same state is one call; back in it for another reason is another', () => {
  const run = aRun(1, { author: 'ann', state: 'needs_approval', updatedAt: LATER });
  const key = (change: Partial<typeof run>) => callsOf(daemon, [{ ...run, ...change }])[0]?.key;
  expect(key({ version: 9, stage: 'waiting' })).toBe(key({}));
  expect(key({ reason: { code: 'APPROVAL_VOID', message: '' } })).not.toBe(key({}));
  expect(readCallKey(key({})!)).toEqual({ daemonId: daemon.id, runId: run.id, face: 'needs_approval//' });
  expect(readCallKey('many/dmn_0123456789abcdef')).toBeUndefined();
});

test('what was so before the browser was paired calls nobody', () => {
  expect(callsOf(daemon, [aRun(1, { author: 'ann', state: 'failed' })])).toEqual([]);
});

test('notifications are on until they are switched off', () => {
  expect([undefined, { failed: false }, 'nonsense'].map(readNoticeSettings)).toEqual([
    { needs_you: true, failed: true },
    { needs_you: true, failed: false },
    { needs_you: true, failed: true },
  ]);
});
