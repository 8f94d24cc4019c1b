import { expect, test } from 'vitest';
import type { Status } from '#shared/api.ts';
import type { Release } from '#shared/release.ts';
import { RUN_STATES, type Run } from '#shared/run.ts';
import { isForUs } from '#shared/ui/keyboard.ts';
import { approveBlock, cancelBlock, type DecisionFacts, rejectBlock } from '#shared/ui/may-decide.ts';
import { rollbackBlock, rollbackWords } from '#shared/ui/rollback-words.ts';
import { aRun } from './support/fake-client.ts';

const HEAD = 'a'.repeat(40);

function facts(
  run: Partial<Run> = {},
  status: { role?: Status['you']['role']; freeze?: boolean; upstream?: 'diverged' } = {},
  connected = true,
): DecisionFacts {
  return {
    run: aRun(1, { state: 'needs_approval', headCommit: HEAD, ...run }),
    status: {
      app: 'app',
      productionUrl: 'http://app.localhost',
      agent: { ready: true, demo: false, examples: [] },
      sandbox: 'bwrap',
      upstream: { state: status.upstream ?? 'in_step' },
      banners: [],
      flags: { freeze: status.freeze ?? false, safeMode: false },
      seq: 1,
      you: { user: 'owner', role: status.role ?? 'admin', device: 'dev_1' },
    },
    connected,
  };
}

test('a complete review can be approved and rejected by an approver', () => {
  expect(approveBlock(facts({}, { role: 'approver' }), false)).toBeUndefined();
  expect(rejectBlock(facts({}, { role: 'approver' }))).toBeUndefined();
});

test.each<[string, DecisionFacts, boolean, RegExp]>([
  ['the link is down', facts({}, {}, false), false, /Not connected/],
  ['who asks is not known yet', { ...facts(), status: undefined }, false, /Asking the daemon/],
  ['the role is too small', facts({}, { role: 'requester' }), false, /requester/],
  ['the policy blocks', facts({ policy: { verdict: 'blocked', reasons: [] } }), false, /policy blocks/],
  ['merging is frozen', facts({}, { freeze: true }), false, /frozen/],
  ['main has diverged', facts({}, { upstream: 'diverged' }), false, /diverged/],
  ['the migration was not read', facts({ hasMigrations: true }), false, /read the migration/],
  ['there is no commit', facts({ headCommit: undefined }), false, /review is complete/],
  ['it is merging already', facts({ state: 'merging' }), true, /approved already/],
  ['it has ended', facts({ state: 'failed' }), true, /ended: failed/],
])('approving stays shut when %s', (_why, given, read, words) => {
  expect(approveBlock(given, read)).toMatch(words);
});

test('a migration that was read no longer stands in the way', () => {
  expect(approveBlock(facts({ hasMigrations: true }), true)).toBeUndefined();
});

test('a change that conflicts with main is not approved, whatever the rest says', () => {
  const standing = { behind: 1, conflicts: ['a.ts'], shares: [] };
  expect(approveBlock(facts(), false, { ...standing, merges: 'conflicts' })).toMatch(/conflicts resolved first/);
  expect(approveBlock(facts(), false, { ...standing, merges: 'clean' })).toBeUndefined();
});

test('canceling is possible until main has moved, then a rollback is named', () => {
  const open = RUN_STATES.filter((state) => cancelBlock(facts({ state })) === undefined);
  expect(open).toEqual(['queued', 'planning', 'editing', 'testing', 'preview_ready', 'needs_approval', 'approved', 'merging']);
  expect(cancelBlock(facts({ state: 'deploying' }))).toMatch(/Roll the release back/);
  expect(cancelBlock(facts({ state: 'merging', mergeCommit: HEAD }))).toMatch(/Roll the release back/);
  expect(cancelBlock(facts({ state: 'editing' }, { role: 'viewer' }))).toMatch(/viewer/);
});

const release = (change: Partial<Release>): Release => ({
  id: 'rel_1',
  commit: 'b'.repeat(40),
  kind: 'run',
  state: 'replaced',
  title: 'Before',
  rollback: { possible: true },
  warm: false,
  actor: 'owner',
  createdAt: '2026-01-01T00:00:00.000Z',
  ...change,
});

test('a rollback says from which release to which, and what happens to data and main', () => {
  const words = rollbackWords(release({ state: 'live', title: 'Now', commit: HEAD }), release({})).join(' ');
  expect(words).toContain('from “Now” (aaaaaaaa) back to “Before” (bbbbbbbb)');
  expect(words).toContain('data is kept');
  expect(words).toContain('Migrations are not undone');
  expect(words).toContain('main is put in step');
});

test.each<[string, Release, RegExp | undefined]>([
  ['a replaced release', release({}), undefined],
  ['the live one', release({ state: 'live' }), /live now/],
  ['one that failed', release({ state: 'failed' }), /never went live/],
  ['one the daemon refuses', release({ rollback: { possible: false, reason: 'Column dropped.' } }), /Column dropped/],
])('going back to %s', (_name, to, words) => {
  const block = rollbackBlock(to, [to]);
  if (words) expect(block).toMatch(words);
  else expect(block).toBeUndefined();
});

test('no second rollback while a release is being prepared', () => {
  expect(rollbackBlock(release({}), [release({}), release({ state: 'preparing' })])).toMatch(/being prepared/);
});

test('a key is a shortcut only when nobody is typing or composing', () => {
  const press = (change: object) =>
    isForUs({ key: 'j', isComposing: false, keyCode: 74, metaKey: false, ctrlKey: false, altKey: false, target: null, ...change });
  expect(press({})).toBe(true);
  for (const change of [{ isComposing: true }, { keyCode: 229 }, { ctrlKey: true }, { metaKey: true }, { altKey: true }])
    expect(press(change)).toBe(false);
  for (const type of ['radio', 'checkbox']) {
    expect(press({ target: { tagName: 'INPUT', type } })).toBe(true);
    for (const key of [' ', 'ArrowDown']) expect(press({ key, target: { tagName: 'INPUT', type } })).toBe(false);
  }
  for (const tagName of ['INPUT', 'TEXTAREA', 'SELECT']) expect(press({ target: { tagName } })).toBe(false);
  expect(press({ target: { tagName: 'DIV', isContentEditable: true } })).toBe(false);
});
