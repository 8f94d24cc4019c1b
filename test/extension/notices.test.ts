import { expect, test } from 'vitest';
import { badgeOf, notificationOf } from '../../extension/notices.ts';
import { aRun } from '../page/support/fake-client.ts';

test('the badge counts what is not over, and says in words who has to move', () => {
  expect(badgeOf([], undefined)).toEqual({ text: '', title: 'Codex Builder' });
  expect(badgeOf([aRun(1), aRun(2, { state: 'needs_approval' }), aRun(3, { state: 'merged' })], undefined)).toEqual({
    text: '2',
    title: 'Codex Builder · 2 active runs on this page · 1 waiting for you',
  });
  expect(badgeOf([], 'The daemon is not running').title).toBe('Codex Builder · The daemon is not running');
  expect(
    badgeOf(
      Array.from({ length: 120 }, (_, n) => aRun(n)),
      undefined,
    ).text,
  ).toBe('99+');
});

test.each([
  ['who asked', 'ann', 'requester', 'needs_approval', 'Needs approval'],
  ['who may approve', 'bob', 'approver', 'needs_approval', 'Needs approval'],
  ['who may only look', 'bob', 'requester', 'needs_approval', undefined],
  ['who asked', 'ann', 'requester', 'failed', 'Failed'],
  ['who may approve what another asked', 'bob', 'admin', 'failed', undefined],
  ['who asked, while it is still worked on', 'ann', 'admin', 'editing', undefined],
] as const)('%s (%s, %s) of a run that is %s is told %s', (_who, user, role, state, title) => {
  const reason = { code: 'CHECK_FAILED', message: 'Two tests failed.' } as const;
  const run = aRun(1, { author: 'ann', state, ...(state === 'failed' ? { reason } : {}) });
  expect(notificationOf(run, { user, role })?.title).toBe(title);
  if (title === 'Failed') expect(notificationOf(run, { user, role })?.message).toBe('Run 1\nTwo tests failed.');
});
