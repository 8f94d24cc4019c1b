import type { Policy } from '#shared/policy.ts';
import { RUN_STATES, type RunState } from '#shared/run.ts';
import type { Circumstances, PersonCommand, ReportCommand, RunCommand } from '../../daemon/core/commands.ts';
import { decide } from '../../daemon/core/decide.ts';
import type { Decision } from '../../daemon/core/decision.ts';
import { evolve, type Run } from '../../daemon/core/run.ts';
import { reasonOf, type StoredFact } from '../../daemon/core/run-events.ts';
import { nextState } from '../../daemon/core/run-machine.ts';

export const HEAD = 'a'.repeat(40);
export const BASE = 'b'.repeat(40);
export const TREE = 'c'.repeat(40);
export const MERGE = 'd'.repeat(40);
export const VERDICT = 'e'.repeat(64);
export const RELEASE = `rel_${'0'.repeat(26)}`;
const RUN_ID = `run_${'0'.repeat(26)}`;
export const CLEAR: Policy = { verdict: 'clear', reasons: [] };
export const ANSWER = { summary: 'Made it green.', files: ['a.css'], risks: [], howToVerify: [], followUps: [] };

export const REQUEST: PersonCommand = { type: 'request_run', request: { prompt: 'Make the button green' }, demo: false };
export const APPROVE: PersonCommand = { type: 'approve_run', headCommit: HEAD };
export const LEASE = { slot: 'preview-1', fence: 7, expiresAt: 10_000_000 };

export const REVIEW: Extract<ReportCommand, { type: 'report_review' }> = {
  type: 'report_review',
  fence: LEASE.fence,
  policy: CLEAR,
  verdictHash: VERDICT,
  filesChanged: 1,
  hasMigrations: false,
  migrations: 'none',
  diffHash: 'f'.repeat(64),
};
export const CANDIDATE: ReportCommand = { type: 'report_candidate', candidateId: 'cand-1', commit: MERGE, tree: TREE, base: BASE };
export const GATE: ReportCommand = {
  type: 'report_gate_passed',
  candidateId: 'cand-1',
  policy: CLEAR,
  verdictHash: VERDICT,
  migrations: 'none',
};

const fence = LEASE.fence;
/** What brings a run from one state of the straight way into the next. */
export const STEPS: Partial<Record<RunState, readonly RunCommand[]>> = {
  queued: [REQUEST],
  planning: [{ type: 'report_lease', ...LEASE }],
  editing: [
    {
      type: 'report_worktree',
      fence,
      baseCommit: BASE,
      worktree: '/slots/preview-1',
      brief: '1'.repeat(64),
      startCommit: BASE,
      startTree: TREE,
    },
    { type: 'report_data', fence, seedVersion: 'seed-1', kind: 'sqlite' },
  ],
  testing: [
    { type: 'report_attempt_started', fence, attempt: 1 },
    { type: 'report_thread', fence, attempt: 1, threadId: 'thread-1' },
    { type: 'report_answer', fence, attempt: 1, answer: ANSWER, inputTokens: 100, outputTokens: 20 },
    { type: 'report_snapshot', fence, commit: HEAD, tree: TREE },
  ],
  preview_ready: [
    {
      type: 'report_check_started',
      name: 'unit',
      kind: 'command',
      stage: 'branch',
      required: true,
      command: 'npm test',
      log: 'check-unit',
    },
    { type: 'report_check_ended', name: 'unit', stage: 'branch', status: 'passed', exitCode: 0 },
    { type: 'report_checks_passed', fence, commit: HEAD },
    { type: 'report_migration', fence, migration: { name: 'all', status: 'applied', durationMs: 5 } },
    { type: 'report_preview_started', fence, url: 'http://preview1.localhost', commit: HEAD },
    { type: 'report_preview_ready', fence, commit: HEAD },
  ],
  needs_approval: [REVIEW],
  approved: [APPROVE],
  merging: [{ type: 'report_merge_started' }, CANDIDATE, GATE],
  deploying: [
    { type: 'report_landing', candidateId: 'cand-1', releaseId: RELEASE },
    { type: 'report_landed', candidateId: 'cand-1', releaseId: RELEASE },
  ],
  merged: [{ type: 'report_live', releaseId: RELEASE }],
};

/** Every command from nothing to a state, by the straight way; the three sad ends are reached from where they can be. */
export function roadTo(state: RunState): readonly RunCommand[] {
  if (state === 'failed') return [REQUEST, { type: 'report_failed', reason: 'AGENT_SIGNED_OUT', detail: 'no key' }];
  if (state === 'canceled') return [REQUEST, { type: 'cancel_run' }];
  if (state === 'expired') return [...roadTo('needs_approval'), { type: 'report_expired', fence, reason: 'LEASE_EXPIRED' }];
  return RUN_STATES.slice(0, RUN_STATES.indexOf(state) + 1).flatMap((passed) => STEPS[passed] ?? []);
}

/** One of each kind of command, fitting the run of the road as far as it can. */
export const EVERY: readonly RunCommand[] = [
  ...new Map(
    [...roadTo('merged'), { type: 'cancel_run' } as RunCommand, { type: 'reject_run', reason: 'no' } as RunCommand].map((command) => [
      command.type,
      command,
    ]),
  ).values(),
  { type: 'report_waiting', reason: 'FROZEN' },
  { type: 'report_attempt_interrupted', fence: LEASE.fence, attempt: 1 },
  { type: 'report_preview_ended', fence: LEASE.fence, detail: 'exit 1' },
  { type: 'report_superseded', main: MERGE },
  { type: 'report_upstream', state: 'in_step' },
  { type: 'report_release_failed', releaseId: RELEASE, step: 'health', reason: 'DEPLOY_UNHEALTHY', detail: '503' },
  { type: 'report_undone', outcome: 'undone' },
  { type: 'report_failed', reason: 'INTERNAL_ERROR', detail: 'x' },
  { type: 'report_expired', fence: LEASE.fence, reason: 'LEASE_EXPIRED' },
  { type: 'report_slot_released', slot: 'preview-1' },
];

const CALM: Circumstances = { now: 1_000, freeze: false, safeMode: false, queued: 0, queueLimit: 100, lease: LEASE };

/** A run kept in memory, as the ledger keeps it: decide, number, evolve. */
export interface Book {
  run: Run | undefined;
  facts: StoredFact[];
  do(command: RunCommand, options?: { actor?: string; around?: Partial<Circumstances> }): Decision;
}

export function openBook(runId = RUN_ID): Book {
  const book: Book = {
    run: undefined,
    facts: [],
    do(command, { actor = 'ada', around = {} } = {}) {
      const now = around.now ?? 1_000 + book.facts.length * 10;
      const decision = decide(book.run, command, actor, { ...CALM, now, ...around });
      if (!decision.ok) return decision;
      for (const fact of decision.facts) {
        const from = book.run?.state;
        const reason = reasonOf(fact);
        const stored: StoredFact = {
          seq: book.facts.length + 1,
          runId,
          version: (book.run?.version ?? 0) + 1,
          ...(from === undefined ? {} : { from }),
          to: nextState(from, fact.type),
          ...(reason === undefined ? {} : { reason }),
          actor,
          traceId: 'trace',
          at: now,
          fact,
        };
        book.run = evolve(book.run, stored);
        book.facts.push(stored);
      }
      return decision;
    },
  };
  return book;
}

/** A book whose run is in a state. Throws when the road itself is refused. */
export function bookAt(state: RunState): Book {
  const book = openBook();
  for (const command of roadTo(state)) {
    const decision = book.do(command);
    if (!decision.ok) throw new Error(`${command.type}: ${decision.refusal.message}`);
  }
  if (book.run?.state !== state) throw new Error(`the road to ${state} leads to ${book.run?.state}`);
  return book;
}

/** The code of a refusal, or the types of the facts that were stated. */
export function outcomeOf(decision: Decision): string | readonly string[] {
  return decision.ok ? decision.facts.map(({ type }) => type) : decision.refusal.code;
}
