import { describe, expect, test } from 'vitest';
import { RUN_STATES } from '#shared/run.ts';
import type { RunCommand } from '../../daemon/core/commands.ts';
import { BASE, bookAt, EVERY, HEAD, LEASE, outcomeOf } from './road.ts';

describe('late reports', () => {
  const fenced = EVERY.filter((command) => 'fence' in command && command.type !== 'report_lease');

  test('LSE-02 a report of an older or newer lease is refused in every state, before anything else is looked at', () => {
    expect(fenced.length).toBe(14);
    for (const state of RUN_STATES)
      for (const command of fenced)
        for (const fence of [LEASE.fence - 1, LEASE.fence + 1]) {
          const book = bookAt(state);
          const before = book.run;
          expect(outcomeOf(book.do({ ...command, fence } as RunCommand)), `${command.type} in ${state}`).toBe('lease_lost');
          expect(book.run).toBe(before);
        }
  });

  test('an agent we gave up on cannot speak for the run', () => {
    const book = bookAt('editing');
    const { fence } = LEASE;
    book.do({ type: 'report_attempt_started', fence, attempt: 1 });
    book.do({ type: 'report_attempt_interrupted', fence, attempt: 1 });
    book.do({ type: 'report_attempt_started', fence, attempt: 2 });
    for (const late of EVERY.filter((command) => 'attempt' in command && command.type !== 'report_attempt_started'))
      expect(outcomeOf(book.do({ ...late, attempt: 1 } as RunCommand)), late.type).toBe('stale');
    for (const attempt of [1, 2, 4, 0]) expect(outcomeOf(book.do({ type: 'report_attempt_started', fence, attempt }))).toBe('stale');
    expect(outcomeOf(book.do({ type: 'report_attempt_started', fence, attempt: 3 }))).toEqual(['attempt.started']);
  });

  test('checks of another commit pass nothing', () => {
    const book = bookAt('testing');
    expect(outcomeOf(book.do({ type: 'report_checks_passed', fence: LEASE.fence, commit: BASE }))).toBe('stale');
    expect(outcomeOf(book.do({ type: 'report_preview_ready', fence: LEASE.fence, commit: HEAD }))).toBe('stale');
    book.do({ type: 'report_checks_passed', fence: LEASE.fence, commit: HEAD });
    expect(outcomeOf(book.do({ type: 'report_preview_ready', fence: LEASE.fence, commit: BASE }))).toBe('stale');
    expect(outcomeOf(book.do({ type: 'report_preview_ready', fence: LEASE.fence, commit: HEAD }))).toEqual(['preview.ready']);
  });

  test('a check of the branch cannot end in the gate, nor one of the gate on the branch', () => {
    const ended = (stage: 'branch' | 'gate'): RunCommand => ({ type: 'report_check_ended', name: 'unit', stage, status: 'passed' });
    expect(outcomeOf(bookAt('testing').do(ended('gate')))).toBe('wrong_state');
    expect(outcomeOf(bookAt('merging').do(ended('branch')))).toBe('wrong_state');
    expect(outcomeOf(bookAt('merging').do(ended('gate')))).toEqual(['check.ended']);
  });
});
