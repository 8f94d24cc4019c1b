import { describe, expect, test } from 'vitest';
import type { RunState } from '#shared/run.ts';
import { decideYield } from '../../daemon/core/decide.ts';
import { descend, type Parentage } from '../../daemon/core/descend.ts';
import type { Run } from '../../daemon/core/run.ts';
import { ANSWER, BASE, type Book, bookAt, HEAD, LEASE, MERGE, openBook, outcomeOf, TREE } from './road.ts';

const { fence } = LEASE;
const CHILD = `run_${'1'.repeat(26)}`;

function childOf(book: Book, relation: Parentage['relation'], more: Partial<Parentage> = {}): Book {
  const child = openBook(CHILD);
  const born = child.do(descend({ parent: book.run!, relation, demo: false, ...more }));
  if (!born.ok) throw new Error(born.refusal.message);
  return child;
}

/** A child with a slot and a worktree whose data is about to be reset. */
function prepared(child: Book, start = HEAD): Book {
  child.do({ type: 'report_lease', ...LEASE });
  child.do({ type: 'report_worktree', fence, baseCommit: BASE, worktree: '/w', brief: 'x', startCommit: start, startTree: TREE });
  return child;
}

describe('who may have which child', () => {
  const table: readonly [RunState, Record<'retry' | 'restore' | 'revert' | 'revision', boolean>][] = [
    ['queued', { retry: false, restore: false, revert: false, revision: false }],
    ['editing', { retry: false, restore: false, revert: false, revision: false }],
    ['testing', { retry: false, restore: false, revert: false, revision: false }],
    ['preview_ready', { retry: false, restore: false, revert: false, revision: false }],
    ['needs_approval', { retry: false, restore: false, revert: false, revision: true }],
    ['approved', { retry: false, restore: false, revert: false, revision: false }],
    ['merging', { retry: false, restore: false, revert: false, revision: false }],
    ['deploying', { retry: false, restore: false, revert: false, revision: false }],
    ['merged', { retry: false, restore: false, revert: true, revision: true }],
    ['expired', { retry: true, restore: true, revert: false, revision: true }],
    ['failed', { retry: true, restore: false, revert: false, revision: true }],
    ['canceled', { retry: true, restore: false, revert: false, revision: true }],
  ];
  test.each(table)('%s', (state, may) => {
    const { run } = bookAt(state);
    for (const [relation, allowed] of Object.entries(may)) expect(decideYield(run!, relation as 'retry').ok, relation).toBe(allowed);
  });

  test('a revision ends the run that waited for approval, and nothing else of a run that is over', () => {
    const waiting = bookAt('needs_approval');
    expect(outcomeOf(waiting.do({ type: 'yield_run', to: 'revision' }))).toEqual(['run.canceled']);
    expect(waiting.run?.reason?.code).toBe('REVISED');
    const failed = bookAt('failed');
    expect(outcomeOf(failed.do({ type: 'yield_run', to: 'revision' }))).toEqual([]);
  });
});

describe('where a child begins', () => {
  test('a retry asks for the same from main, in a thread of its own', () => {
    const child = childOf(bookAt('expired'), 'retry').run!;
    expect(child).toMatchObject({ prompt: 'Make the button green', relation: 'retry', threadHome: CHILD, state: 'queued' });
    expect(child.start).toBeUndefined();
    expect(child.threadId).toBeUndefined();
  });

  test('a revision goes on from the commit, in the thread, with what the reviewer said', () => {
    const parent = bookAt('needs_approval');
    const comments = { comments: [{ file: 'a.css', line: 3, text: 'greener' }] };
    const child = childOf(parent, 'revision', { comments }).run!;
    expect(child).toMatchObject({
      relation: 'revision',
      parentRunId: parent.run!.id,
      start: { kind: 'commit', commit: HEAD, base: BASE },
      threadHome: parent.run!.id,
      threadId: 'thread-1',
      comments,
    });
    const again = childOf({ ...parent, run: { ...child, state: 'failed' } as Run } as Book, 'revision').run!;
    expect(again.threadHome, 'a revision of a revision stays in the first folder').toBe(parent.run!.id);
  });

  test('a revision of a run that conflicted begins with the conflict; of a reverted one with the revert taken back', () => {
    const conflicted = bookAt('merging');
    conflicted.do({ type: 'report_failed', reason: 'MERGE_CONFLICT', detail: 'a.css' });
    expect(childOf(conflicted, 'revision').run!.start).toEqual({ kind: 'resolve', head: HEAD });
    expect(childOf(bookAt('expired'), 'revision', { resolve: true }).run!.start).toEqual({ kind: 'resolve', head: HEAD });
    expect(childOf(bookAt('merged'), 'revision', { revertedBy: MERGE }).run!.start).toEqual({ kind: 'undo', commit: MERGE });
  });

  test.each(['restore', 'revert'] as const)(
    'a %s goes from planning to testing without an agent, also when safe mode is on',
    (relation) => {
      const parent = bookAt(relation === 'revert' ? 'merged' : 'expired');
      const child = openBook(CHILD);
      child.do(descend({ parent: parent.run!, relation, demo: false }), { around: { safeMode: true } });
      expect(child.run?.safeMode).toBeUndefined();
      prepared(child);
      expect(outcomeOf(child.do({ type: 'report_data', fence, seedVersion: 's', kind: 'none' }))).toEqual([
        'data.reset',
        'snapshot.committed',
      ]);
      expect(child.run).toMatchObject({ state: 'testing', headCommit: HEAD, headTree: TREE, baseCommit: BASE });
      expect(child.run?.attempt).toBe(0);
    },
  );

  test('a failing check of a restored commit ends it: there is no agent to repair it', () => {
    const child = prepared(childOf(bookAt('expired'), 'restore'));
    child.do({ type: 'report_data', fence, seedVersion: 's', kind: 'none' });
    child.do({ type: 'report_checks_failed', fence, commit: HEAD, detail: 'unit', logs: [], repairs: 2 });
    expect(child.run).toMatchObject({ state: 'failed', reason: { code: 'CHECK_FAILED' } });
  });
});

describe('safe mode', () => {
  function proposed(): Book {
    const book = openBook();
    book.do({ type: 'request_run', request: { prompt: 'x' }, demo: false }, { around: { safeMode: true } });
    prepared(book, BASE);
    book.do({ type: 'report_data', fence, seedVersion: 's', kind: 'none' });
    book.do({ type: 'report_attempt_started', fence, attempt: 1 });
    return book;
  }
  const answer = {
    type: 'report_answer',
    fence,
    attempt: 1,
    answer: ANSWER,
    inputTokens: 1,
    outputTokens: 1,
    proposal: { commit: HEAD, tree: TREE },
  } as const;

  test('the agent works in planning and the patch waits there for a person', () => {
    const book = proposed();
    expect(book.run).toMatchObject({ state: 'planning', safeMode: true });
    expect(outcomeOf(book.do({ type: 'apply_run' }))).toBe('wrong_state');
    expect(outcomeOf(book.do(answer))).toEqual(['patch.proposed']);
    expect(book.run).toMatchObject({ state: 'planning', reason: { code: 'PATCH_PROPOSED' }, proposal: { commit: HEAD, applied: false } });
    expect(book.run?.headCommit, 'nothing is applied').toBeUndefined();
    expect(outcomeOf(book.do({ type: 'report_snapshot', fence, commit: HEAD, tree: TREE })), 'not without a person').toBe('wrong_state');
    expect(outcomeOf(book.do({ type: 'report_attempt_started', fence, attempt: 2 }))).toBe('wrong_state');
  });

  test('applying brings exactly the proposed commit to testing, once', () => {
    const book = proposed();
    book.do(answer);
    expect(outcomeOf(book.do({ type: 'apply_run' }))).toEqual(['patch.applied']);
    expect(outcomeOf(book.do({ type: 'apply_run' }))).toEqual([]);
    expect(outcomeOf(book.do({ type: 'report_snapshot', fence, commit: MERGE, tree: TREE }))).toBe('stale');
    expect(outcomeOf(book.do({ type: 'report_snapshot', fence, commit: HEAD, tree: TREE }))).toEqual(['snapshot.committed']);
    expect(book.run?.state).toBe('testing');
  });

  test('a proposal can be revised, replaced, expire or be canceled', () => {
    for (const [command, state] of [
      [{ type: 'yield_run', to: 'revision' }, 'canceled'],
      [{ type: 'replace_run' }, 'expired'],
      [{ type: 'report_expired', fence, reason: 'LEASE_EXPIRED' }, 'expired'],
      [{ type: 'cancel_run' }, 'canceled'],
    ] as const) {
      const book = proposed();
      book.do(answer);
      book.do(command);
      expect(book.run?.state, command.type).toBe(state);
    }
  });
});

describe('messages, repairs, archive, replace', () => {
  test('a message is owed a turn: an answer that did not hear it does not end the work', () => {
    const book = bookAt('editing');
    book.do({ type: 'report_attempt_started', fence, attempt: 1 });
    expect(outcomeOf(book.do({ type: 'send_message', text: 'also the footer', attempt: 1 }))).toEqual(['message.sent']);
    const answered = { type: 'report_answer', fence, answer: ANSWER, inputTokens: 5, outputTokens: 1 } as const;
    expect(outcomeOf(book.do({ ...answered, attempt: 1 }))).toEqual(['attempt.continued']);
    expect(book.run?.messages).toHaveLength(1);
    book.do({ type: 'report_attempt_started', fence, attempt: 2 });
    book.do({ type: 'report_attempt_interrupted', fence, attempt: 2 });
    expect(book.run?.messages, 'a turn that was cut off has not answered it').toHaveLength(1);
    book.do({ type: 'report_attempt_started', fence, attempt: 3 });
    expect(outcomeOf(book.do({ ...answered, attempt: 3 }))).toEqual(['attempt.ended']);
    expect(book.run).toMatchObject({ messages: [], usage: { inputTokens: 10, outputTokens: 2 } });
    expect(outcomeOf(book.do({ type: 'send_message', text: 'late' })), 'its turn is over').toBe('wrong_state');
  });

  test('a message for an earlier turn is stale; of send and cancel one wins', () => {
    const book = bookAt('editing');
    book.do({ type: 'report_attempt_started', fence, attempt: 1 });
    expect(outcomeOf(book.do({ type: 'send_message', text: 'x', attempt: 2 }))).toBe('stale');
    book.do({ type: 'cancel_run' });
    expect(outcomeOf(book.do({ type: 'send_message', text: 'x' }))).toBe('wrong_state');
  });

  test('failing checks go back to the agent within the budget and then end the run', () => {
    const book = bookAt('testing');
    const red = {
      type: 'report_checks_failed',
      fence,
      commit: HEAD,
      detail: 'unit: exit code 1',
      logs: ['check-unit'],
      repairs: 1,
    } as const;
    expect(outcomeOf(book.do({ ...red, commit: BASE }))).toBe('stale');
    expect(outcomeOf(book.do(red))).toEqual(['repair.began']);
    expect(book.run).toMatchObject({ state: 'editing', repairs: 1, repair: { logs: ['check-unit'] } });
    expect(book.run?.answer).toBeUndefined();
    book.do({ type: 'report_attempt_started', fence, attempt: 2 });
    book.do({ type: 'report_answer', fence, attempt: 2, answer: ANSWER, inputTokens: 1, outputTokens: 1 });
    book.do({ type: 'report_snapshot', fence, commit: MERGE, tree: TREE });
    expect(outcomeOf(book.do({ ...red, commit: MERGE }))).toEqual(['run.failed']);
    expect(bookAt('testing').do({ ...red, repairs: 0 })).toMatchObject({
      ok: true,
      facts: [{ type: 'run.failed', reason: 'CHECK_FAILED' }],
    });
  });

  test('only what is over is archived, and it comes back', () => {
    expect(outcomeOf(bookAt('needs_approval').do({ type: 'archive_run', archived: true }))).toBe('wrong_state');
    for (const state of ['merged', 'failed', 'canceled', 'expired'] as const) {
      const book = bookAt(state);
      const { endedAt } = book.run!;
      expect(outcomeOf(book.do({ type: 'archive_run', archived: true }))).toEqual(['run.archived']);
      expect(outcomeOf(book.do({ type: 'archive_run', archived: true }))).toEqual([]);
      expect(outcomeOf(book.do({ type: 'archive_run', archived: false }))).toEqual(['run.unarchived']);
      expect(book.run).toMatchObject({ state, endedAt });
    }
  });

  test('only a run that waits for a person gives up its slot', () => {
    for (const state of ['queued', 'planning', 'editing', 'testing', 'approved', 'merging', 'deploying', 'merged'] as const) {
      expect(outcomeOf(bookAt(state).do({ type: 'replace_run' })), state).toBe('wrong_state');
    }
    for (const state of ['preview_ready', 'needs_approval'] as const) {
      const book = bookAt(state);
      book.do({ type: 'replace_run' });
      expect(book.run).toMatchObject({ state: 'expired', reason: { code: 'REPLACED' } });
    }
  });
});
