import { expect, test } from 'vitest';
import type { RunState } from '#shared/run.ts';
import { APPROVE } from '../core/road.ts';
import { ask, type OpenedStore, runAt, runIdOf, temporaryStore } from './temporary-store.ts';

type Contender = readonly [name: string, ends: RunState, act: (store: OpenedStore, fence: number) => { ok: boolean }];

/** All that may become of a run that waits for a person, each as its own door or keeper would do it. */
const CONTENDERS: readonly Contender[] = [
  ['approve', 'approved', (store) => ask(store, runIdOf(1), APPROVE)],
  ['reject', 'canceled', (store) => ask(store, runIdOf(1), { type: 'reject_run', reason: 'no' })],
  ['expire', 'expired', (store, fence) => store.ledger.report(runIdOf(1), { type: 'report_expired', fence, reason: 'LEASE_EXPIRED' }, 't')],
  ['replace', 'expired', (store) => ask(store, runIdOf(1), { type: 'replace_run' })],
  ['revise', 'canceled', (store) => ask(store, runIdOf(1), { type: 'yield_run', to: 'revision' })],
];

const pairs = CONTENDERS.flatMap((first) => CONTENDERS.filter((second) => second !== first).map((second) => [first, second] as const));

test.each(pairs.map(([first, second]) => [first[0], second[0], first, second] as const))(
  'APR-02 %s and then %s of the same moment: the first wins, the second changes nothing',
  (_first, _second, [, ends, win], [name, , lose]) => {
    const store = temporaryStore();
    const { fence } = runAt(store, 'needs_approval');
    expect(win(store, fence!).ok).toBe(true);
    const seq = store.ledger.seq();
    // An ended run may be revised once more: that makes another run and changes nothing of this one.
    const answer = lose(store, fence!);
    if (!(name === 'revise' && ends !== 'approved')) expect(answer.ok).toBe(false);
    expect([store.ledger.seq(), store.queries.find(runIdOf(1))?.state]).toEqual([seq, ends]);
    expect(store.audit.firstBroken()).toBeUndefined();
  },
);

test.each(CONTENDERS)('APR-02 a cancel after %s is too late for what has ended, and ends what has not', (_name, ends, win) => {
  const store = temporaryStore();
  const { fence } = runAt(store, 'needs_approval');
  win(store, fence!);
  const canceled = ask(store, runIdOf(1), { type: 'cancel_run' });
  expect(canceled.ok).toBe(ends === 'approved');
  expect(store.queries.find(runIdOf(1))?.state).toBe(ends === 'approved' ? 'canceled' : ends);
});
