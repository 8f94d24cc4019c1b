import { expect, test } from 'vitest';
import { REASON_CODES, REASONS } from '#shared/reasons.ts';
import type { RunEvent } from '#shared/run.ts';
import { eventWords, gapWords, TOLD_EVENTS, worthTelling } from '#shared/ui/event-words.ts';

const event = (type: string, payload: Record<string, unknown> = {}, more: Partial<RunEvent> = {}) => ({
  type,
  payload,
  actor: 'mira',
  ...more,
});
const commit = '4f2c1e9ab'.padEnd(40, '0');

/** A fact as the daemon states it, and what a person reads. */
const TOLD: readonly [string, Record<string, unknown>, string, string?][] = [
  ['run.requested', { prompt: 'x' }, 'mira asked for this change.'],
  ['run.requested', { relation: 'revision' }, 'mira asked for changes to an earlier run.'],
  ['run.requested', { relation: 'revert' }, 'mira asked to take a merged change back.'],
  ['run.requested', { safeMode: true }, 'mira asked for this change.', 'Safe mode'],
  ['message.sent', { text: 'Use the brand colour' }, 'mira said something to Codex. It is the next turn.', 'Use the brand colour'],
  ['attempt.continued', { attempt: 2 }, 'Turn 2 ended. Codex goes on with what it was told.'],
  ['proposal.began', {}, 'Safe mode: Codex reads the app and proposes a patch. It can change nothing.'],
  ['patch.proposed', { commit }, 'Codex proposed a patch. Nothing is applied until a person says so.'],
  ['patch.applied', { commit }, 'mira had the patch applied as 4f2c1e9a.'],
  ['repair.began', { repair: 2, detail: 'unit: exit 1' }, 'Codex was shown the failed checks and mends them (repair 2).', 'unit: exit 1'],
  ['run.archived', {}, 'mira archived the run.'],
  ['run.unarchived', {}, 'mira took the run out of the archive.'],
  ['run.waiting', {}, 'Waiting.'],
  ['slot.leased', { slot: 'preview-2', fence: 4 }, 'Took slot preview-2.'],
  ['worktree.prepared', { baseCommit: commit }, 'Worktree ready on 4f2c1e9a.'],
  ['data.reset', { seedVersion: 's1', kind: 'sqlite' }, 'Preview data reset from the seed.', 'Seed s1'],
  ['data.reset', { kind: 'none' }, 'The app has no preview data to reset.'],
  ['data.migrated', { migration: { name: '0003', status: 'applied' } }, 'Migration 0003 was applied on the preview data.'],
  ['data.migrated', { migration: { name: '0003', status: 'failed' } }, 'Migration 0003 failed on the preview data.'],
  ['attempt.started', { attempt: 2 }, 'Codex started working (attempt 2).'],
  ['attempt.threaded', { threadId: 't' }, 'Codex opened its thread.', 't'],
  ['attempt.interrupted', { attempt: 1 }, 'A restart interrupted Codex (attempt 1). It goes on in the same thread.'],
  ['attempt.ended', { attempt: 1, answer: { summary: 'Done so.' } }, 'Codex finished (attempt 1).', 'Done so.'],
  ['attempt.ended', { attempt: 1, end: 'timed_out' }, 'Codex ran out of time and was stopped (attempt 1).'],
  ['snapshot.committed', { commit }, 'Committed the change as 4f2c1e9a.'],
  ['snapshot.committed', { commit, files: 1 }, 'Committed 1 file as 4f2c1e9a.'],
  ['check.started', { name: 'unit', stage: 'branch' }, 'Check unit started on the branch.'],
  ['check.ended', { name: 'unit', stage: 'gate', status: 'failed', exitCode: 3 }, 'Check unit failed on the merge (exit code 3).'],
  ['check.ended', { name: 'unit', stage: 'branch', status: 'passed', exitCode: 0 }, 'Check unit passed on the branch.'],
  ['checks.passed', {}, 'Every required check passed.'],
  ['preview.started', { url: 'http://p', commit }, 'Preview started with 4f2c1e9a.', 'http://p'],
  ['preview.ended', { detail: 'exit 1' }, 'The preview ended by itself.', 'exit 1'],
  [
    'review.assembled',
    { policy: { verdict: 'blocked', reasons: [{ message: 'A secret.' }] } },
    'The review is complete. The policy blocks this change.',
    'A secret.',
  ],
  ['review.assembled', { verdict: 'clear', reasons: [] }, 'The review is complete. Nothing in the policy stands against it.'],
  ['run.approved', { headCommit: commit }, 'mira approved 4f2c1e9a.'],
  ['run.rejected', { text: 'Too loud' }, 'mira rejected the change.', 'Too loud'],
  ['candidate.built', { commit, base: '9'.repeat(40) }, 'Built the merge 4f2c1e9a on main at 99999999.'],
  ['main.moved', { commit }, 'main moved to 4f2c1e9a.'],
  ['upstream.followed', { state: 'offline', detail: 'no route' }, 'Your repository could not be reached.', 'no route'],
  [
    'release.failed',
    { step: 'health', detail: 'answered 500' },
    'The release failed at the step “health”. Production was not touched.',
    'answered 500',
  ],
  ['main.undone', { outcome: 'undone', commit }, 'main was put back with 4f2c1e9a.'],
  ['main.undone', { outcome: 'conflict' }, 'main could not be put back without a conflict.'],
  ['run.merged', {}, 'Merged and released.'],
  ['run.failed', { reason: 'NO_CHANGES', detail: 'nothing' }, 'Failed: The agent changed no file.', 'nothing'],
  ['run.canceled', {}, 'mira canceled the run.'],
  ['slot.released', { slot: 'preview-1' }, 'Gave the slot back.'],
];

test.each(TOLD)('%s %j reads “%s”', (type, payload, text, detail) => {
  const words = eventWords(event(type, payload));
  expect([words.text, words.detail]).toEqual([text, detail]);
});

test('no sentence shows a hole, whatever the payload lacks', () => {
  for (const type of TOLD_EVENTS) {
    for (const payload of [{}, { policy: 7, reasons: 'x', migration: null, answer: [], status: {}, commit: 5 }]) {
      const words = eventWords(event(type, payload));
      expect([type, words.text]).not.toEqual([type, expect.stringMatching(/undefined|null|\[object|NaN/)]);
      expect(words.text).toMatch(/^[A-Za-z].*[.]$/);
    }
  }
});

test('an event of a newer daemon is told by its name and where it led', () => {
  expect(eventWords(event('picture.taken', {}, { to: 'needs_approval' })).text).toBe('Picture taken → Needs approval.');
  expect(eventWords(event('toString')).text).toBe('ToString.');
});

test('a reason is told in its words, every one of them', () => {
  for (const reason of REASON_CODES) expect(eventWords(event('run.waiting', {}, { reason })).detail).toBe(REASONS[reason].cause);
  expect(eventWords(event('run.failed', { reason: 'constructor' })).text).toBe('Failed: constructor');
});

test('only a gap worth knowing is told', () => {
  expect(gapWords('2026-01-01T10:00:00.000Z', '2026-01-01T10:00:30.000Z')).toBeUndefined();
  expect(gapWords('2026-01-01T10:00:00.000Z', '2026-01-01T10:05:00.000Z')).toBe('5 min later');
});

test('the start of a check is told only while its end is missing, also when the check runs a second time', () => {
  const check = (type: string, name: string, stage = 'branch') => event(type, { name, stage });
  const events = [
    check('check.started', 'lint'),
    check('check.ended', 'lint'),
    check('check.started', 'unit'),
    check('check.started', 'lint', 'gate'),
    event('merge.started'),
    check('check.started', 'lint'),
  ];
  expect(worthTelling(events).map((told) => events.indexOf(told))).toEqual([1, 2, 3, 4, 5]);
});
