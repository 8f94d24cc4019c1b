import { expect, test } from 'vitest';
import type { Role } from '#shared/audit.ts';
import type { Run } from '#shared/run.ts';
import type { DaemonView, RunLook } from '../../extension/messages.ts';
import { mayAct as judge } from '../../extension/overlay/panel/may-act.ts';

const HEAD = 'a'.repeat(40);
const run = (part: Partial<Run> = {}) => ({ state: 'needs_approval', headCommit: HEAD, ...part }) as Run;
const daemon = (role: Role = 'approver', link: DaemonView['link'] = 'ready') => ({ role, link }) as DaemonView;
const look = (part: Partial<RunLook> = {}): RunLook => ({ version: 1, head: HEAD, files: [], moreFiles: 0, checks: [], ...part });

const mayAct = (of: Run, by: DaemonView, seen: RunLook | undefined, readMigration: boolean, isUnseen = false) =>
  judge({ run: of, daemon: by, look: seen, readMigration, isUnseen });

test.each([
  ['viewer', []],
  ['requester', ['revise', 'cancel']],
  ['approver', ['approve', 'revise', 'reject', 'cancel']],
  ['admin', ['approve', 'revise', 'reject', 'cancel']],
] as const)('a %s is offered what the role may do', (role, offered) => {
  expect(mayAct(run(), daemon(role), look(), false).offered).toEqual(offered);
});

test.each([
  ['nothing was shown yet', run(), daemon(), undefined],
  ['another commit was shown', run(), daemon(), look({ head: 'b'.repeat(40) })],
  ['the daemon is away', run(), daemon('approver', 'offline'), look()],
  ['the policy blocks', run({ policy: { verdict: 'blocked', reasons: [] } }), daemon(), look()],
  ['it conflicts with main', run(), daemon(), look({ conflicts: true })],
  ['its migration was not read', run({ hasMigrations: true }), daemon(), look()],
])('nothing is approved while %s', (_why, of, by, seen) => {
  expect(mayAct(of, by, seen, false).approve).toBeTypeOf('string');
});

test('nothing is approved from a page that still shows an earlier run', () => {
  expect(mayAct(run(), daemon(), look(), false, true).approve).toMatch(/^Reload this page/);
});

test('what was seen, of a head that still stands, may be approved', () => {
  expect(mayAct(run(), daemon(), look(), false).approve).toBeUndefined();
  expect(mayAct(run({ hasMigrations: true }), daemon(), look(), true).approve).toBeUndefined();
});

test.each([
  ['failed without a commit', { state: 'failed', reason: { code: 'NO_CHANGES' }, headCommit: undefined }, ['revise', 'retry']],
  ['failed with one', { state: 'failed', reason: { code: 'CHECK_FAILED' } }, ['revise', 'retry']],
  ['was rejected', { state: 'canceled', reason: { code: 'REJECTED' } }, ['revise', 'retry']],
  ['went on in a revision', { state: 'canceled', reason: { code: 'REVISED' } }, []],
  ['is merged', { state: 'merged' }, []],
] as const)('a run that %s goes on as it may', (_how, part, offered) => {
  expect(mayAct(run(part as Partial<Run>), daemon('requester'), look(), false).offered).toEqual(offered);
  expect(mayAct(run(part as Partial<Run>), daemon('viewer'), look(), false).offered).toEqual([]);
});

test('what has ended or reached main is not canceled', () => {
  expect(mayAct(run({ state: 'editing' }), daemon(), look(), false).offered).toEqual(['cancel']);
  expect(mayAct(run({ state: 'merged' }), daemon(), look(), false).offered).toEqual([]);
  expect(mayAct(run({ state: 'deploying' }), daemon(), look(), false).offered).toEqual([]);
  expect(mayAct(run({ state: 'merging', mergeCommit: HEAD }), daemon(), look(), false).offered).toEqual([]);
});
