import { describe, expect, test } from 'vitest';
import { RUN_STATES, type RunState, TERMINAL_STATES } from '#shared/run.ts';
import { EFFECTS, LANE_WIDTH, ON_ENTER, ON_FACT } from '../../daemon/core/effects.ts';
import { evolve, type Run } from '../../daemon/core/run.ts';
import type { RunFactType } from '../../daemon/core/run-events.ts';
import { CLOCK_STOPS, isIdle, isTerminal, nextState, PREVIEW_STATES, RUN_TRANSITIONS } from '../../daemon/core/run-machine.ts';
import { bookAt } from './road.ts';

/** Every way there is between two states, written down a second time so that a cell cannot slip in. */
const WAYS: Record<RunState, Partial<Record<RunFactType, RunState>>> = {
  queued: { 'slot.leased': 'planning', 'run.failed': 'failed', 'run.canceled': 'canceled' },
  planning: {
    'editing.began': 'editing',
    'snapshot.committed': 'testing',
    'run.failed': 'failed',
    'run.canceled': 'canceled',
    'run.expired': 'expired',
  },
  editing: { 'snapshot.committed': 'testing', 'run.failed': 'failed', 'run.canceled': 'canceled' },
  testing: { 'preview.ready': 'preview_ready', 'repair.began': 'editing', 'run.failed': 'failed', 'run.canceled': 'canceled' },
  preview_ready: { 'review.assembled': 'needs_approval', 'run.failed': 'failed', 'run.canceled': 'canceled', 'run.expired': 'expired' },
  needs_approval: {
    'run.approved': 'approved',
    'run.rejected': 'canceled',
    'run.failed': 'failed',
    'run.canceled': 'canceled',
    'run.expired': 'expired',
  },
  approved: { 'merge.started': 'merging', 'run.failed': 'failed', 'run.canceled': 'canceled' },
  merging: { 'approval.voided': 'needs_approval', 'main.moved': 'deploying', 'run.failed': 'failed', 'run.canceled': 'canceled' },
  deploying: { 'run.merged': 'merged', 'run.failed': 'failed' },
  merged: {},
  failed: {},
  canceled: {},
  expired: {},
};

const ROWS = Object.entries(RUN_TRANSITIONS) as [RunState, Partial<Record<RunFactType, RunState>>][];
const FACTS = [...new Set(ROWS.flatMap(([, row]) => Object.keys(row))), 'run.requested'] as RunFactType[];

describe('the table', () => {
  test('has a row for each state and nothing else', () => {
    expect(ROWS.map(([state]) => state)).toEqual([...RUN_STATES]);
  });

  test.each(RUN_STATES)('every fact in %s leads where a cell says, stays, or throws', (state) => {
    const seen: Partial<Record<RunFactType, RunState>> = {};
    let thrown = 0;
    for (const fact of FACTS) {
      const cell = (RUN_TRANSITIONS[state] as Partial<Record<RunFactType, RunState>>)[fact];
      if (cell === undefined) {
        expect(() => nextState(state, fact)).toThrow(`${fact} cannot happen to a run that is ${state}`);
        thrown++;
      } else {
        expect(nextState(state, fact)).toBe(cell);
        if (cell !== state) seen[fact] = cell;
      }
    }
    expect(seen).toEqual(WAYS[state]);
    expect(thrown).toBeGreaterThan(10);
  });

  test.each(TERMINAL_STATES)('there is no way out of %s', (state) => {
    expect(isTerminal(state)).toBe(true);
    for (const to of Object.values(RUN_TRANSITIONS[state])) expect(to).toBe(state);
  });

  test('a run begins with a request and with nothing else', () => {
    for (const fact of FACTS) {
      if (fact === 'run.requested') expect(nextState(undefined, fact)).toBe('queued');
      else expect(() => nextState(undefined, fact)).toThrow('a run begins with run.requested');
    }
    for (const state of RUN_STATES) expect(() => nextState(state, 'run.requested')).toThrow();
  });

  test('a fact that no row has a cell for cannot happen', () => {
    for (const name of ['nothing', 'run.merge']) expect(() => nextState('merging', name as RunFactType)).toThrow();
  });

  test('only an approval leads towards main, and only main leads to merged', () => {
    const into = (to: RunState) =>
      ROWS.flatMap(([from, row]) =>
        Object.entries(row)
          .filter((cell) => cell[1] === to && from !== to)
          .map(([fact]) => `${from} ${fact}`),
      );
    expect(into('approved')).toEqual(['needs_approval run.approved']);
    expect(into('merging')).toEqual(['approved merge.started']);
    expect(into('deploying')).toEqual(['merging main.moved']);
    expect(into('merged')).toEqual(['deploying run.merged']);
  });

  test('main has moved in deploying, so there is no cancel and no expiry in it', () => {
    for (const fact of ['run.canceled', 'run.expired', 'run.rejected'] as const) expect(() => nextState('deploying', fact)).toThrow();
  });
});

describe('owed work', () => {
  test.each(RUN_STATES)('what entering %s sets in motion makes sense there', (state) => {
    for (const type of ON_ENTER[state]) expect(EFFECTS[type].during).toContain(state);
  });

  test('what a fact sets in motion makes sense in every state the fact can lead to', () => {
    for (const [fact, effect] of Object.entries(ON_FACT)) {
      const states = ROWS.flatMap(([, row]) => row[fact as RunFactType] ?? []);
      expect(states.length, fact).toBeGreaterThan(0);
      for (const state of states) expect(EFFECTS[effect].during, `${effect} after ${fact}`).toContain(state);
    }
  });

  test('no run is left without work in a state that nobody leaves by hand', () => {
    const byFact = (state: RunState) => Object.keys(RUN_TRANSITIONS[state]).some((fact) => fact in ON_FACT);
    for (const state of RUN_STATES) {
      if (state === 'needs_approval') continue;
      expect(ON_ENTER[state].length > 0 || byFact(state), state).toBe(true);
    }
  });

  test('an ended run owes its clean-up, and an effect of an ended run can only be that', () => {
    for (const state of TERMINAL_STATES) expect(ON_ENTER[state]).toEqual(['release_slot']);
    for (const [type, { during }] of Object.entries(EFFECTS)) {
      if (during.some((state) => isTerminal(state))) expect(['release_slot', 'follow_upstream', 'archive_branch']).toContain(type);
    }
  });

  test('nothing that moves main or production runs beside another, and none of it is repeated blindly', () => {
    expect(LANE_WIDTH.main).toBe(1);
    for (const type of ['build_candidate', 'run_gate', 'land', 'deploy', 'undo_main', 'roll_back', 'release_upstream'] as const)
      expect(EFFECTS[type].lane).toBe('main');
    for (const type of ['land', 'deploy', 'undo_main', 'roll_back'] as const) expect(EFFECTS[type].afterCrash).toBe('look');
  });
});

describe('the run that facts make', () => {
  test.each(RUN_STATES)('the snapshot in %s is the fold of its facts, also after a trip through JSON', (state) => {
    const { run, facts } = bookAt(state);
    const folded = facts.reduce<Run | undefined>(
      (sofar, stored) =>
        evolve(sofar === undefined ? undefined : (JSON.parse(JSON.stringify(sofar)) as Run), JSON.parse(JSON.stringify(stored))),
      undefined,
    );
    expect(folded).toEqual(run);
    expect(JSON.parse(JSON.stringify(run))).toEqual(run);
    expect(run?.version).toBe(facts.length);
    expect(facts.map(({ version }) => version)).toEqual(facts.map((_, index) => index + 1));
    for (const [index, stored] of facts.entries()) expect(stored.from).toBe(facts[index - 1]?.to);
    expect(run?.endedAt === undefined).toBe(!isTerminal(state));
  });

  test('a fact changes no run that somebody still holds', () => {
    const book = bookAt('needs_approval');
    const before = structuredClone(book.run);
    const held = book.run;
    book.do({ type: 'cancel_run' });
    expect(held).toEqual(before);
  });

  test('a reason is gone with the state it was for', () => {
    const book = bookAt('approved');
    book.do({ type: 'report_waiting', reason: 'FROZEN' });
    expect(book.run?.reason?.code).toBe('FROZEN');
    book.do({ type: 'report_merge_started' });
    expect(book.run?.reason).toBeUndefined();
  });

  test('a run that is landing does not say that it waits for the freeze to be lifted', () => {
    const book = bookAt('merging');
    book.do({ type: 'report_waiting', reason: 'FROZEN' });
    book.do({ type: 'report_landing', candidateId: 'cand-1', releaseId: `rel_${'0'.repeat(26)}` });
    expect(book.run).toMatchObject({ landing: true });
    expect(book.run?.reason).toBeUndefined();
  });

  test('lists of states say what they say', () => {
    expect(RUN_STATES.filter((state) => isIdle({ state }))).toEqual(['preview_ready', 'needs_approval']);
    expect(isIdle({ state: 'planning', reason: { code: 'PATCH_PROPOSED' } })).toBe(true);
    expect(CLOCK_STOPS).toEqual(['queued', 'preview_ready', 'needs_approval', 'approved']);
    expect(PREVIEW_STATES.some((state) => isTerminal(state))).toBe(false);
  });
});
