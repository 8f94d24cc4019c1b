import { expect, test } from 'vitest';
import type { Policy } from '#shared/policy.ts';
import type { RunCommand } from '../../daemon/core/commands.ts';
import { APPROVE, bookAt, CANDIDATE, GATE, HEAD, MERGE, outcomeOf, RELEASE, VERDICT } from './road.ts';

const OTHER = '0'.repeat(64);
const MANUAL: Policy = {
  verdict: 'manual_approval_required',
  reasons: [{ rule: 'auth', severity: 'manual', message: 'm', paths: ['auth.ts'] }],
};
const LANDING: RunCommand = { type: 'report_landing', candidateId: 'cand-1', releaseId: RELEASE };
const LANDED: RunCommand = { type: 'report_landed', candidateId: 'cand-1', releaseId: RELEASE };
const VOID: RunCommand = { ...GATE, policy: MANUAL, verdictHash: OTHER, migrations: 'destructive' } as RunCommand;

const merging = () => {
  const book = bookAt('approved');
  book.do({ type: 'report_merge_started' });
  return book;
};

test('POL-06 another verdict on the merge voids the approval, and the person is asked again with the new one', () => {
  const book = merging();
  book.do(CANDIDATE);
  expect(outcomeOf(book.do(VOID))).toEqual(['approval.voided']);
  expect(book.run).toMatchObject({ state: 'needs_approval', reason: { code: 'APPROVAL_VOID' }, landing: false });
  expect(book.run?.approval).toBeUndefined();
  expect(book.run?.candidate).toBeUndefined();
  expect(book.run?.review).toMatchObject({ policy: MANUAL, verdictHash: OTHER, hasMigrations: true, migrations: 'destructive' });
});

test('a void approval merges nothing: the gate, the landing and the landed of the old candidate are refused', () => {
  const book = merging();
  book.do(CANDIDATE);
  book.do(VOID);
  for (const late of [CANDIDATE, GATE, LANDING, LANDED, { type: 'report_merge_started' }] as RunCommand[])
    expect(outcomeOf(book.do(late)), late.type).toBe('wrong_state');
});

test('a migration that only the merge shows must be confirmed, although the first approval needed no confirmation', () => {
  const book = merging();
  book.do(CANDIDATE);
  book.do(VOID);
  expect(outcomeOf(book.do(APPROVE))).toBe('confirm_required');
  expect(outcomeOf(book.do({ type: 'approve_run', headCommit: HEAD, confirm: { migrations: true } }))).toEqual(['run.approved']);
  expect(book.run?.approval?.verdictHash).toBe(OTHER);
});

test('only the candidate that passed its gate can land', () => {
  const book = merging();
  expect(outcomeOf(book.do(LANDING))).toBe('wrong_state');
  book.do(CANDIDATE);
  expect(outcomeOf(book.do(LANDING))).toBe('wrong_state');
  expect(outcomeOf(book.do({ ...GATE, candidateId: 'cand-0' } as RunCommand))).toBe('wrong_state');
  book.do(GATE);
  expect(outcomeOf(book.do({ ...LANDING, candidateId: 'cand-0' } as RunCommand))).toBe('wrong_state');
  expect(outcomeOf(book.do(LANDED))).toBe('wrong_state');
  expect(outcomeOf(book.do(LANDING))).toEqual(['landing.started']);
  expect(outcomeOf(book.do({ ...LANDED, candidateId: 'cand-0' } as RunCommand))).toBe('wrong_state');
  expect(outcomeOf(book.do(LANDED))).toEqual(['main.moved']);
  expect(book.run).toMatchObject({ state: 'deploying', mergeCommit: MERGE, landing: false });
});

test('a new candidate does not inherit the gate of the one before', () => {
  const book = bookAt('merging');
  book.do({ type: 'report_superseded', main: HEAD });
  expect(outcomeOf(book.do(GATE))).toBe('wrong_state');
  book.do({ ...CANDIDATE, candidateId: 'cand-2' } as RunCommand);
  expect(outcomeOf(book.do({ ...LANDING, candidateId: 'cand-2' } as RunCommand))).toBe('wrong_state');
  expect(outcomeOf(book.do(LANDING))).toBe('wrong_state');
});

test('while main may be moving no other candidate comes between', () => {
  const book = bookAt('merging');
  book.do(LANDING);
  expect(outcomeOf(book.do({ ...CANDIDATE, candidateId: 'cand-2' } as RunCommand))).toBe('wrong_state');
  expect(outcomeOf(book.do(LANDING))).toEqual([]);
});

test('a freeze is looked at before the merge begins and again just before main moves', () => {
  const frozen = { around: { freeze: true } };
  expect(outcomeOf(bookAt('approved').do({ type: 'report_merge_started' }, frozen))).toBe('frozen');
  const book = bookAt('merging');
  expect(outcomeOf(book.do(LANDING, frozen))).toBe('frozen');
  book.do(LANDING);
  // Too late for a freeze: the ledger must say what git did.
  expect(outcomeOf(book.do(LANDING, frozen))).toEqual([]);
  expect(outcomeOf(book.do(LANDED, frozen))).toEqual(['main.moved']);
});

test('a main that never stands still ends the run after eight candidates', () => {
  const book = merging();
  for (let built = 1; built <= 8; built++) {
    expect(outcomeOf(book.do({ ...CANDIDATE, candidateId: `cand-${built}` } as RunCommand)), `${built}`).toEqual(['candidate.built']);
    book.do({ type: 'report_superseded', main: HEAD });
  }
  expect(outcomeOf(book.do({ ...CANDIDATE, candidateId: 'cand-9' } as RunCommand))).toEqual(['run.failed']);
  expect(book.run).toMatchObject({ state: 'failed', reason: { code: 'GATE_FAILED' } });
});

test('main moves to the candidate that was gated, whatever the report says', () => {
  const book = bookAt('deploying');
  const moved = book.facts.find(({ fact }) => fact.type === 'main.moved')?.fact;
  expect(moved).toEqual({ type: 'main.moved', commit: MERGE, releaseId: RELEASE });
  expect(book.run?.approval).toMatchObject({ headCommit: HEAD, verdictHash: VERDICT });
});

test('a run is merged only by the release that is its own and did not fail', () => {
  const book = bookAt('deploying');
  expect(outcomeOf(book.do({ type: 'report_live', releaseId: `rel_${'1'.repeat(26)}` }))).toBe('wrong_state');
  const failed: RunCommand = {
    type: 'report_release_failed',
    releaseId: RELEASE,
    step: 'health',
    reason: 'DEPLOY_UNHEALTHY',
    detail: '503',
  };
  expect(outcomeOf(book.do(failed))).toEqual(['release.failed']);
  expect(outcomeOf(book.do(failed))).toEqual([]);
  expect(outcomeOf(book.do({ type: 'report_live', releaseId: RELEASE }))).toBe('wrong_state');
});

test.each([
  ['undone', 'DEPLOY_UNHEALTHY', 'DEPLOY_UNHEALTHY', false],
  ['conflict', 'DEPLOY_FAILED', 'DEPLOY_FAILED', true],
  ['nothing_to_undo', 'INTERNAL_ERROR', 'DEPLOY_UNHEALTHY', false],
] as const)('a failed release, %s: the run fails with its reason, and says so when main was left', (outcome, reported, reason, left) => {
  const book = bookAt('deploying');
  expect(outcomeOf(book.do({ type: 'report_undone', outcome }))).toBe('wrong_state');
  book.do({ type: 'report_release_failed', releaseId: RELEASE, step: 'start', reason: reported, detail: 'it fell.' });
  expect(outcomeOf(book.do({ type: 'report_undone', outcome }))).toEqual(['main.undone', 'run.failed']);
  expect(book.run?.reason?.code).toBe(reason);
  expect(book.run?.reason?.detail?.includes('frozen')).toBe(left);
});

test('saying the same wait twice is one fact, another wait is another', () => {
  const book = bookAt('approved');
  expect(outcomeOf(book.do({ type: 'report_waiting', reason: 'FROZEN' }))).toEqual(['run.waiting']);
  expect(outcomeOf(book.do({ type: 'report_waiting', reason: 'FROZEN' }))).toEqual([]);
  expect(outcomeOf(book.do({ type: 'report_waiting', reason: 'MAIN_DIVERGED' }))).toEqual(['run.waiting']);
  expect(outcomeOf(bookAt('needs_approval').do({ type: 'report_waiting', reason: 'FROZEN' }))).toBe('wrong_state');
});

test.each(['landing', 'deploying'])('while a run is %s it can only be failed by who knows what became of main', (when) => {
  const open = () => {
    const book = bookAt(when === 'deploying' ? 'deploying' : 'merging');
    if (when === 'landing') book.do(LANDING);
    return book;
  };
  for (const reason of ['RUN_TIMEOUT', 'INTERNAL_ERROR', 'GATE_FAILED', 'CHECK_FAILED'] as const)
    expect(outcomeOf(open().do({ type: 'report_failed', reason, detail: 'x' })), reason).toBe('wrong_state');
  for (const reason of ['BRANCH_MOVED', 'DEPLOY_UNKNOWN'] as const)
    expect(outcomeOf(open().do({ type: 'report_failed', reason, detail: 'x' })), reason).toEqual(['run.failed']);
});
