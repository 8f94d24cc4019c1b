import { expect, test } from 'vitest';
import type { Status } from '#shared/api.ts';
import { RUN_STATES, type Run } from '#shared/run.ts';
import {
  applyBlock,
  archiveBlock,
  type FollowFacts,
  restoreBlock,
  retryBlock,
  revertBlock,
  reviseBlock,
  sendBlock,
  waysOn,
} from '#shared/ui/may-follow.ts';
import { standingWords } from '#shared/ui/standing-words.ts';
import { aRun } from './support/fake-client.ts';

const HEAD = 'a'.repeat(40);

function facts(
  run: Partial<Run>,
  more: { role?: Status['you']['role']; children?: readonly Run[]; connected?: boolean } = {},
): FollowFacts {
  return {
    run: aRun(1, { headCommit: HEAD, ...run }),
    children: more.children ?? [],
    connected: more.connected ?? true,
    status: {
      app: 'app',
      productionUrl: 'http://app.localhost',
      agent: { ready: true, demo: false, examples: [] },
      sandbox: 'bwrap',
      upstream: { state: 'in_step' },
      banners: [],
      flags: { freeze: false, safeMode: false },
      seq: 1,
      you: { user: 'owner', role: more.role ?? 'requester', device: 'dev_1' },
    },
  };
}

const proposal = { state: 'planning', reason: { code: 'PATCH_PROPOSED', message: '' } } as const;
const openIn = (block: (given: FollowFacts) => string | undefined) => RUN_STATES.filter((state) => block(facts({ state })) === undefined);

test('each act is open in exactly the states in which the daemon takes it', () => {
  expect(openIn(reviseBlock)).toEqual(['needs_approval', 'failed', 'canceled', 'expired']);
  expect(openIn(retryBlock)).toEqual(['failed', 'canceled', 'expired']);
  expect(openIn(restoreBlock)).toEqual(['failed', 'canceled', 'expired']);
  expect(openIn(revertBlock)).toEqual(['merged']);
  expect(openIn(archiveBlock)).toEqual(['merged', 'failed', 'canceled', 'expired']);
  expect(openIn(sendBlock)).toEqual(['editing']);
  expect(openIn(applyBlock)).toEqual([]);
});

test('a proposed patch is applied by an approver and revised by a requester', () => {
  expect(applyBlock(facts(proposal, { role: 'approver' }))).toBeUndefined();
  expect(applyBlock(facts(proposal))).toMatch(/requester/);
  expect(reviseBlock(facts(proposal))).toBeUndefined();
});

test.each<[string, string | undefined, RegExp]>([
  ['nobody is connected', reviseBlock(facts({ state: 'failed' }, { connected: false })), /Not connected/],
  ['the role is too small', retryBlock(facts({ state: 'failed' }, { role: 'viewer' })), /viewer/],
  ['there is no commit to restore', restoreBlock(facts({ state: 'failed', headCommit: undefined })), /no commit/],
  [
    'a revision is under way',
    reviseBlock(facts({ state: 'canceled' }, { children: [aRun(2, { relation: 'revision', state: 'editing' })] })),
    /under way/,
  ],
  ['it is reverted', revertBlock(facts({ state: 'merged' }, { children: [aRun(2, { relation: 'revert', state: 'merged' })] })), /reverted/],
  ['a revert runs', revertBlock(facts({ state: 'merged' }, { children: [aRun(2, { relation: 'revert' })] })), /under way/],
  ['Codex still works on it', reviseBlock(facts({ state: 'editing' })), /Tell it below its log/],
])('no, because %s', (_why, block, words) => {
  expect(block).toMatch(words);
});

test('what ended frees the way again: a failed revert, a decided revision', () => {
  expect(revertBlock(facts({ state: 'merged' }, { children: [aRun(2, { relation: 'revert', state: 'failed' })] }))).toBeUndefined();
  expect(reviseBlock(facts({ state: 'canceled' }, { children: [aRun(2, { relation: 'revision', state: 'canceled' })] }))).toBeUndefined();
});

test('a merged run is revised only once it was reverted', () => {
  const reverted = [aRun(2, { relation: 'revert', state: 'merged' })];
  expect(reviseBlock(facts({ state: 'merged' }))).toMatch(/merged/);
  expect(reviseBlock(facts({ state: 'merged' }, { children: reverted }))).toBeUndefined();
  expect([waysOn(aRun(1, { state: 'merged' }), []), waysOn(aRun(1, { state: 'merged' }), reverted)]).toEqual([['revert'], ['revise']]);
});

test.each<[NonNullable<Run['reason']>['code'], Run['state'], string | undefined, string]>([
  ['MERGE_CONFLICT', 'failed', HEAD, 'resolve'],
  ['CHECK_FAILED', 'failed', HEAD, 'revise'],
  ['GATE_FAILED', 'failed', HEAD, 'revise'],
  ['REJECTED', 'canceled', HEAD, 'revise'],
  ['LEASE_EXPIRED', 'expired', HEAD, 'restore'],
  ['REPLACED', 'expired', HEAD, 'restore'],
  ['AGENT_UNREACHABLE', 'failed', undefined, 'retry'],
  ['NO_CHANGES', 'failed', undefined, 'revise'],
])('after %s the first way on is the one that helps', (code, state, headCommit, way) => {
  expect(waysOn({ state, headCommit, reason: { code, message: '' } }, [])[0]).toBe(way);
});

test('a run without a commit is never offered to be restored', () => {
  for (const state of RUN_STATES) expect(waysOn({ state }, [])).not.toContain('restore');
});

test('how a run stands with main, in a few words', () => {
  expect(standingWords({ behind: 0, merges: 'clean' })).toBe('Up to date with main');
  expect(standingWords({ behind: 1, merges: 'clean' })).toBe('1 commit behind main, merges cleanly');
  expect(standingWords({ behind: 2, merges: 'clean' })).toBe('2 commits behind main, merges cleanly');
  expect(standingWords({ behind: 2, merges: 'conflicts' })).toBe('Conflicts with main, 2 commits behind main');
});
