import { expect, test } from 'vitest';
import { faceOf, isNews } from '#shared/news.ts';

test.each([
  ['it waits for a decision', { state: 'needs_approval' }, true],
  ['a patch is proposed', { state: 'planning', reason: { code: 'PATCH_PROPOSED' } }, true],
  ['it is only planned', { state: 'planning' }, false],
  ['it is worked on', { state: 'editing' }, false],
  ['it is on its way to production', { state: 'deploying' }, false],
  ['it failed', { state: 'failed', reason: { code: 'CHECK_FAILED' } }, true],
  ['it expired', { state: 'expired' }, true],
  ['it was merged', { state: 'merged' }, true],
  ['a person rejected it', { state: 'canceled', reason: { code: 'REJECTED' } }, true],
  ['a person stopped it', { state: 'canceled', reason: { code: 'CANCELED_BY_USER' } }, false],
  ['it went on as another run', { state: 'canceled', reason: { code: 'REVISED' } }, false],
] as const)('when %s it is news: %j %s', (_when, run, news) => {
  expect(isNews(run)).toBe(news);
});

test('another head, reason or state is another face; nothing else is', () => {
  const seen = { state: 'needs_approval', headCommit: 'a'.repeat(40), version: 7 } as const;
  const faces = [
    seen,
    { ...seen, headCommit: 'b'.repeat(40) },
    { ...seen, reason: { code: 'APPROVAL_VOID' } },
    { ...seen, state: 'merged' as const },
    { ...seen, version: 8 },
  ].map(faceOf);
  expect(new Set(faces).size).toBe(4);
  expect(faces[4]).toBe(faces[0]);
});
