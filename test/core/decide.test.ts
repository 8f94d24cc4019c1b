import { describe, expect, test } from 'vitest';
import type { Policy } from '#shared/policy.ts';
import { RUN_STATES, type RunState, TERMINAL_STATES } from '#shared/run.ts';
import type { Circumstances, RunCommand } from '../../daemon/core/commands.ts';
import { RUN_TRANSITIONS } from '../../daemon/core/run-machine.ts';
import {
  APPROVE,
  BASE,
  bookAt,
  CANDIDATE,
  EVERY,
  GATE,
  HEAD,
  LEASE,
  MERGE,
  openBook,
  outcomeOf,
  RELEASE,
  REQUEST,
  REVIEW,
  TREE,
  VERDICT,
} from './road.ts';

const BLOCKED: Policy = {
  verdict: 'blocked',
  reasons: [{ rule: 'secret', severity: 'block', message: 'a.ts:1 looks like a key.', paths: ['a.ts'] }],
};
const CANCEL: RunCommand = { type: 'cancel_run' };
const REJECT: RunCommand = { type: 'reject_run', reason: 'no' };

describe('every command in every state', () => {
  test('the list has each of them once', () => {
    expect(new Set(EVERY.map(({ type }) => type)).size).toBe(EVERY.length);
    expect(EVERY.length).toBe(34);
  });

  test.each(RUN_STATES)('in %s each is refused with a reason or states facts that the table knows; none throws', (state) => {
    for (const command of EVERY) {
      const book = bookAt(state);
      const decision = book.do(command); // throws when a fact has no cell
      if (decision.ok)
        for (const fact of decision.facts)
          expect(Object.keys(RUN_TRANSITIONS[state]).concat('run.failed'), command.type).toContain(fact.type);
      else expect(decision.refusal.message.length, command.type).toBeGreaterThan(10);
    }
  });

  test('what does not exist is not found, and a run is not begun twice', () => {
    for (const command of EVERY) {
      if (command.type === 'request_run') expect(outcomeOf(openBook().do(command))).toEqual(['run.requested']);
      else expect(outcomeOf(openBook().do(command)), command.type).toBe('not_found');
    }
    for (const state of RUN_STATES) expect(outcomeOf(bookAt(state).do(REQUEST))).toBe('wrong_state');
  });

  test.each(TERMINAL_STATES)('a run that is %s can neither be failed, canceled, approved, rejected nor expired', (state) => {
    for (const command of EVERY) {
      const decision = bookAt(state).do(command);
      if (decision.ok) expect(['report_slot_released', 'report_upstream']).toContain(command.type);
    }
  });
});

describe('cancel against merge', () => {
  test.each<[RunState, string | string[]]>([
    ...(['queued', 'planning', 'editing', 'testing', 'preview_ready', 'needs_approval', 'approved', 'merging'] as const).map(
      (state): [RunState, string[]] => [state, ['run.canceled']],
    ),
    ['deploying', 'wrong_state'],
    ['merged', 'wrong_state'],
    ['failed', 'wrong_state'],
    ['canceled', 'wrong_state'],
    ['expired', 'wrong_state'],
  ])('cancel in %s: %j', (state, outcome) => {
    expect(outcomeOf(bookAt(state).do(CANCEL))).toEqual(outcome);
  });

  test('once main may be moving a cancel is refused and names the rollback, and the run lands', () => {
    const book = bookAt('merging');
    book.do({ type: 'report_landing', candidateId: 'cand-1', releaseId: RELEASE });
    const canceled = book.do(CANCEL);
    expect(canceled.ok ? '' : canceled.refusal.message).toContain('rollback');
    expect(outcomeOf(book.do({ type: 'report_landed', candidateId: 'cand-1', releaseId: RELEASE }))).toEqual(['main.moved']);
  });

  test('a canceled run cannot land, whatever comes late', () => {
    const book = bookAt('merging');
    book.do(CANCEL);
    for (const late of [
      CANDIDATE,
      GATE,
      { type: 'report_landing', candidateId: 'cand-1', releaseId: RELEASE },
      { type: 'report_landed', candidateId: 'cand-1', releaseId: RELEASE },
    ] as RunCommand[])
      expect(outcomeOf(book.do(late))).toBe('wrong_state');
    expect(book.run?.mergeCommit).toBeUndefined();
  });

  test('a landing that main outran can be canceled again', () => {
    const book = bookAt('merging');
    book.do({ type: 'report_landing', candidateId: 'cand-1', releaseId: RELEASE });
    book.do({ type: 'report_superseded', main: MERGE });
    expect(outcomeOf(book.do(CANCEL))).toEqual(['run.canceled']);
  });
});

describe('approving', () => {
  test.each<[string, string, RunState, Partial<Circumstances>, RunCommand]>([
    ['APR-01 another head than the one shown', 'stale', 'needs_approval', {}, { type: 'approve_run', headCommit: MERGE }],
    ['the beginning of the head', 'stale', 'needs_approval', {}, { type: 'approve_run', headCommit: HEAD.slice(0, 39) }],
    ['a lease that ended this very millisecond', 'lease_lost', 'needs_approval', { now: LEASE.expiresAt }, APPROVE],
    ['no lease', 'lease_lost', 'needs_approval', { lease: undefined }, APPROVE],
    ['a later lease of the same slot', 'lease_lost', 'needs_approval', { lease: { ...LEASE, fence: LEASE.fence + 1 } }, APPROVE],
    ['an earlier lease', 'lease_lost', 'needs_approval', { lease: { ...LEASE, fence: LEASE.fence - 1 } }, APPROVE],
    ['merging is frozen', 'frozen', 'needs_approval', { freeze: true }, APPROVE],
    ...RUN_STATES.filter((state) => state !== 'needs_approval').map(
      (state): [string, string, RunState, Partial<Circumstances>, RunCommand] => [
        `a run that is ${state}`,
        'wrong_state',
        state,
        {},
        APPROVE,
      ],
    ),
  ])('is refused: %s (%s)', (_why, code, state, around, command) => {
    const book = bookAt(state);
    const before = book.run;
    expect(outcomeOf(book.do(command, { around }))).toBe(code);
    expect(book.run).toBe(before);
  });

  test('holds until the last millisecond of the lease', () => {
    expect(outcomeOf(bookAt('needs_approval').do(APPROVE, { around: { now: LEASE.expiresAt - 1 } }))).toEqual(['run.approved']);
  });

  const reviewed = (review: Partial<typeof REVIEW>) => {
    const book = bookAt('preview_ready');
    book.do({ ...REVIEW, ...review });
    return book;
  };

  test('POL a blocked change cannot be approved, and the reason is said', () => {
    const decision = reviewed({ policy: BLOCKED }).do(APPROVE);
    expect(decision.ok ? '' : [decision.refusal.code, decision.refusal.message]).toEqual([
      'blocked',
      'This change cannot be approved: a.ts:1 looks like a key.',
    ]);
  });

  test.each([
    ['no confirmation', undefined, 'confirm_required'],
    ['a confirmation of something else', { runId: 'x' }, 'confirm_required'],
    ['a no', { migrations: false }, 'confirm_required'],
    ['a yes', { migrations: true }, ['run.approved']],
  ])('a migration with %s', (_what, confirm, outcome) => {
    const command = { ...APPROVE, ...(confirm === undefined ? {} : { confirm }) } as RunCommand;
    expect(outcomeOf(reviewed({ hasMigrations: true, migrations: 'additive' }).do(command))).toEqual(outcome);
  });

  test('records head, base, tree and verdict, and whose request it was', () => {
    for (const [actor, selfApproved] of [
      ['ada', true],
      ['grace', false],
    ] as const) {
      const book = bookAt('needs_approval');
      book.do(APPROVE, { actor });
      expect(book.facts.at(-1)?.fact).toEqual({
        type: 'run.approved',
        headCommit: HEAD,
        baseCommit: BASE,
        tree: TREE,
        verdictHash: VERDICT,
        selfApproved,
      });
      expect(book.run?.approval).toMatchObject({ actor, headCommit: HEAD });
    }
  });

  test('APR-03 twice approves once', () => {
    const book = bookAt('needs_approval');
    expect(outcomeOf(book.do(APPROVE))).toEqual(['run.approved']);
    expect(outcomeOf(book.do(APPROVE))).toBe('wrong_state');
  });

  test('reject and approve: the first one wins', () => {
    const rejected = bookAt('needs_approval');
    expect(outcomeOf(rejected.do(REJECT))).toEqual(['run.rejected']);
    expect(rejected.run).toMatchObject({ state: 'canceled', reason: { code: 'REJECTED', detail: 'no' } });
    expect(outcomeOf(rejected.do(APPROVE))).toBe('wrong_state');
    const approved = bookAt('needs_approval');
    approved.do(APPROVE);
    expect(outcomeOf(approved.do(REJECT))).toBe('wrong_state');
  });
});

describe('asking', () => {
  test('a full queue refuses, and the last place can be had', () => {
    expect(outcomeOf(openBook().do(REQUEST, { around: { queued: 100, queueLimit: 100 } }))).toBe('queue_full');
    expect(outcomeOf(openBook().do(REQUEST, { around: { queued: 99, queueLimit: 100 } }))).toEqual(['run.requested']);
  });

  test('the author is who asked, the route has its secrets masked, and a policy is never part of it', () => {
    const book = openBook();
    const context = { url: 'https://u:p@shop.test/cart?token=abc&page=2#x', elements: [{ selector: 'button', note: 'this one' }] };
    book.do({ type: 'request_run', request: { prompt: 'Make it green', context, priority: 'high' }, demo: true }, { actor: 'grace' });
    expect(book.run).toMatchObject({
      author: 'grace',
      route: '/cart?token=***&page=2',
      elementNote: 'this one',
      priority: 'high',
      demo: true,
      state: 'queued',
    });
    expect(book.run).not.toHaveProperty('context');
  });
});
