import { describe, expect, test } from 'vitest';
import type { RunState } from '#shared/run.ts';
import type { Circumstances, RunCommand } from '../../daemon/core/commands.ts';
import { evolve, type Run } from '../../daemon/core/run.ts';
import type { StoredFact } from '../../daemon/core/run-events.ts';
import { isTerminal } from '../../daemon/core/run-machine.ts';
import { newSeed, type Random, randomFrom } from './random.ts';
import { ANSWER, type Book, CLEAR, openBook, STEPS } from './road.ts';

const HEADS = ['a', 'b'].map((digit) => digit.repeat(40));
const VERDICTS = ['e', '0'].map((digit) => digit.repeat(64));
const FENCES = [6, 7, 8];
const RELEASES = ['0', '1'].map((digit) => `rel_${digit.repeat(26)}`);

/** Any command at all, more often than not one that could fit; its parts are drawn apart, so that most combinations are wrong somewhere. */
function anyCommand(random: Random, run: Run | undefined): RunCommand {
  const fence = random.chance(0.8) ? (run?.fence ?? 7) : random.pick(FENCES);
  const attempt = random.chance(0.8) ? (run?.attempt ?? 0) : random.below(4);
  const commit = random.chance(0.8) ? (run?.headCommit ?? random.pick(HEADS)) : random.pick(HEADS);
  const candidateId = random.chance(0.8) ? (run?.candidate?.id ?? 'cand-1') : `cand-${random.below(4)}`;
  const releaseId = random.chance(0.8) ? (run?.releaseId ?? RELEASES[0]!) : random.pick(RELEASES);
  const verdictHash = random.chance(0.8) ? VERDICTS[0]! : VERDICTS[1]!;
  const migrations = random.chance(0.8) ? 'none' : 'additive';
  const all: readonly RunCommand[] = [
    { type: 'cancel_run' },
    { type: 'reject_run', reason: 'no' },
    { type: 'approve_run', headCommit: commit, ...(random.chance(0.5) ? { confirm: { migrations: true } } : {}) },
    { type: 'report_waiting', reason: random.pick(['FROZEN', 'WAITING_FOR_SLOT', 'MAIN_DIVERGED'] as const) },
    { type: 'report_lease', slot: 'preview-1', fence, expiresAt: 1_000_000 },
    {
      type: 'report_worktree',
      fence,
      baseCommit: 'b'.repeat(40),
      worktree: '/w',
      brief: 'x',
      startCommit: 'b'.repeat(40),
      startTree: 'c'.repeat(40),
    },
    { type: 'report_data', fence, seedVersion: 's', kind: 'sqlite' },
    { type: 'report_attempt_started', fence, attempt: attempt + (random.chance(0.8) ? 1 : 0) },
    { type: 'report_thread', fence, attempt, threadId: 't' },
    { type: 'report_attempt_interrupted', fence, attempt },
    { type: 'report_answer', fence, attempt, answer: ANSWER, inputTokens: 1, outputTokens: 1 },
    { type: 'report_snapshot', fence, commit: random.pick(HEADS), tree: 'c'.repeat(40) },
    { type: 'report_checks_passed', fence, commit },
    { type: 'report_preview_started', fence, url: 'u', commit },
    { type: 'report_preview_ended', fence, detail: 'd' },
    { type: 'report_preview_ready', fence, commit },
    {
      type: 'report_review',
      fence,
      policy: CLEAR,
      verdictHash,
      filesChanged: 1,
      hasMigrations: migrations !== 'none',
      migrations,
      diffHash: 'd',
    },
    { type: 'report_merge_started' },
    {
      type: 'report_candidate',
      candidateId: `cand-${random.below(4)}`,
      commit: 'd'.repeat(40),
      tree: 'c'.repeat(40),
      base: 'b'.repeat(40),
    },
    { type: 'report_superseded', main: 'd'.repeat(40) },
    { type: 'report_gate_passed', candidateId, policy: CLEAR, verdictHash, migrations },
    { type: 'report_landing', candidateId, releaseId },
    { type: 'report_landed', candidateId, releaseId },
    { type: 'report_upstream', state: 'in_step' },
    { type: 'report_live', releaseId },
    { type: 'report_release_failed', releaseId, step: 'health', reason: 'DEPLOY_UNHEALTHY', detail: 'd' },
    { type: 'report_undone', outcome: 'undone' },
    { type: 'report_failed', reason: 'INTERNAL_ERROR', detail: 'd' },
    { type: 'report_expired', fence, reason: 'LEASE_EXPIRED' },
    { type: 'report_slot_released', slot: 'preview-1' },
  ];
  const ends = ['cancel_run', 'reject_run', 'report_failed', 'report_expired'];
  const command = random.pick(all);
  // Ends are rare, so that stories go far; half of the steps follow the straight way.
  if (run !== undefined && (ends.includes(command.type) ? random.chance(0.97) : random.chance(0.6)))
    return nextOnTheWay(random, run) ?? command;
  return command;
}

const WAY = Object.keys(STEPS) as RunState[];

function nextOnTheWay(random: Random, run: Run): RunCommand | undefined {
  const steps = STEPS[WAY[WAY.indexOf(run.state) + 1]!];
  if (steps === undefined) return undefined;
  const command = { ...random.pick(steps) } as Record<string, unknown>;
  const own = { headCommit: run.headCommit, fence: run.fence, candidateId: run.candidate?.id, releaseId: run.releaseId };
  for (const [key, value] of Object.entries(own)) if (key in command && value !== undefined) command[key] = value;
  if ('commit' in command && /checks|preview/.test(String(command['type']))) command['commit'] = run.headCommit;
  if ('attempt' in command) command['attempt'] = run.attempt + (command['type'] === 'report_attempt_started' ? 1 : 0);
  return command as unknown as RunCommand;
}

function around(random: Random): Partial<Circumstances> {
  return {
    freeze: random.chance(0.1),
    ...(random.chance(0.1)
      ? { lease: undefined }
      : random.chance(0.1)
        ? { lease: { slot: 'preview-1', fence: random.pick(FENCES), expiresAt: random.below(2_000_000) } }
        : {}),
  };
}

/** What must hold of the facts of a run, whatever happened. */
function violated(book: Book): string | undefined {
  const { run, facts } = book;
  if (run === undefined) return undefined;
  const folded = facts.reduce<Run | undefined>(
    (sofar, stored) => evolve(sofar, JSON.parse(JSON.stringify(stored)) as StoredFact),
    undefined,
  );
  if (JSON.stringify(sorted(folded)) !== JSON.stringify(sorted(run))) return 'I2 the snapshot is not the fold of the facts';
  const ends = facts.filter(({ from, to }) => isTerminal(to) && from !== to);
  if (ends.length > 1) return 'the run ended twice';
  const moves = facts.filter(({ fact }) => fact.type === 'main.moved');
  if (moves.length > 1) return 'I3 main moved twice for one run';
  if (run.state === 'merged' && moves.length !== 1) return 'merged without main having moved';
  for (const move of moves) {
    const before = facts.slice(0, facts.indexOf(move));
    const lastOf = (type: string) => before.findLast(({ fact }) => fact.type === type);
    const approved = lastOf('run.approved');
    const voided = lastOf('approval.voided');
    const gate = lastOf('gate.passed');
    const candidate = lastOf('candidate.built');
    const head = lastOf('snapshot.committed')?.fact;
    if (approved?.fact.type !== 'run.approved' || head?.type !== 'snapshot.committed') return 'I3 main moved without an approval';
    if (approved.fact.headCommit !== head.commit || approved.fact.tree !== head.tree)
      return 'I3 main moved for another head than the approved one';
    if (voided !== undefined && voided.version > approved.version) return 'I3 main moved on a void approval';
    if (candidate === undefined || gate === undefined || gate.version < candidate.version)
      return 'I3 main moved to a candidate without a gate';
    if (candidate.version < approved.version) return 'I3 main moved to a candidate from before the approval';
    if (move.fact.type !== 'main.moved' || candidate.fact.type !== 'candidate.built' || move.fact.commit !== candidate.fact.commit)
      return 'I4 another commit';
    if (lastOf('landing.started') === undefined) return 'main moved without having been announced';
    if (facts.some(({ fact }) => fact.type === 'run.canceled')) return 'canceled although main moved';
  }
  return undefined;
}

function sorted(value: unknown): unknown {
  return value === null || typeof value !== 'object' || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .filter((entry) => entry[1] !== undefined)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => [key, sorted(inner)]),
      );
}

describe('random stories', () => {
  const reached = new Map<RunState, number>();

  test.each([1, 2, 3, newSeed(), newSeed()])(
    'seed %i: whatever is sent, nothing unapproved reaches main and a run ends at most once',
    (seed) => {
      const random = randomFrom(seed);
      for (let story = 0; story < 150; story++) {
        const book = openBook();
        const sent: RunCommand[] = [STEPS.queued![0]!];
        book.do(sent[0]!);
        for (let step = 0; step < 120; step++) {
          const command = anyCommand(random, book.run);
          sent.push(command);
          const before = book.run;
          const given = around(random);
          const decision = book.do(command, { around: { ...given, now: 1_000 + step } });
          if (!decision.ok) expect(book.run).toBe(before);
          if (before?.landing === true && command.type === 'cancel_run') expect(decision.ok).toBe(false);
          if (given.freeze === true && decision.ok) expect(decision.facts.map(({ type }) => type)).not.toContain('landing.started');
        }
        const wrong = violated(book);
        if (wrong !== undefined) throw new Error(`${wrong}; story ${story} of seed ${seed}: ${JSON.stringify(sent)}`);
        reached.set(book.run!.state, (reached.get(book.run!.state) ?? 0) + 1);
      }
    },
  );

  test('the stories went far enough to mean something', () => {
    for (const state of ['merged', 'failed', 'canceled', 'expired'] as const) expect(reached.get(state), state).toBeGreaterThan(0);
    expect(reached.get('merged')).toBeGreaterThan(20);
  });

  test('the judge of the stories sees an unapproved merge, a second move and a changed snapshot', () => {
    const book = openBook();
    for (const state of WAY) for (const command of STEPS[state]!) book.do(command);
    expect(violated(book)).toBeUndefined();
    const without = (type: string): Book => ({
      ...book,
      facts: book.facts.filter(({ fact }) => fact.type !== type),
      run: refold(book.facts.filter(({ fact }) => fact.type !== type)),
    });
    expect(violated(without('run.approved'))).toContain('I3');
    expect(violated(without('gate.passed'))).toContain('I3');
    expect(violated({ ...book, run: { ...book.run!, title: 'another' } })).toContain('I2');
  });
});

function refold(facts: readonly StoredFact[]): Run {
  return facts.reduce<Run | undefined>((sofar, stored) => evolve(sofar, stored), undefined)!;
}
