import { type RunState, TERMINAL_STATES } from '#shared/run.ts';
import type { RunFactType } from './run-events.ts';

/**
 * The whole life of a run. A row is a state, a cell is a fact and where it
 * leads. What has no cell cannot happen: `nextState` throws, and the commit
 * that tried it leaves nothing behind. Guards are in `decide`, not here.
 *
 *   queued          Durable, holds nothing; says what it waits for.
 *   planning        Holds a lease; worktree on codex/run-<id> at a recorded base, preview data reset, brief stored.
 *                   In safe mode Codex reads here and proposes a patch; it waits for a person to apply it.
 *   editing         An agent may be writing to the worktree, nobody else.
 *   testing         The commit exists; checks run on a clean checkout of it, then the preview starts, then health and smoke run.
 *   preview_ready   Every required check passed on that commit; it is live on the slot's URL.
 *   needs_approval  The review is complete; a person decides.
 *   approved        A person approved this head and verdict while the lease was valid.
 *   merging         A candidate is built and its gate runs; main has not moved, or has moved to exactly that candidate.
 *   deploying       main contains the candidate; production is being switched.
 *   merged failed canceled expired   The end: no slot, no process, branch kept.
 */
// biome-ignore format: a table is read by column
export const RUN_TRANSITIONS = {
  queued: {
    'run.waiting': 'queued',           'slot.leased': 'planning',
    'run.failed': 'failed',            'run.canceled': 'canceled',
  },
  planning: {
    'worktree.prepared': 'planning',   'data.reset': 'planning',          'editing.began': 'editing',
    'proposal.began': 'planning',      'attempt.started': 'planning',     'attempt.threaded': 'planning',  'attempt.interrupted': 'planning',
    'patch.proposed': 'planning',      'patch.applied': 'planning',      'snapshot.committed': 'testing',
    'run.waiting': 'planning',         'run.expired': 'expired',
    'run.failed': 'failed',            'run.canceled': 'canceled',
  },
  editing: {
    'attempt.started': 'editing',      'attempt.threaded': 'editing',     'attempt.interrupted': 'editing',
    'attempt.ended': 'editing',        'snapshot.committed': 'testing',   'run.waiting': 'editing',
    'attempt.continued': 'editing',    'message.sent': 'editing',
    'run.failed': 'failed',            'run.canceled': 'canceled',
  },
  testing: {
    'check.started': 'testing',        'check.ended': 'testing',          'checks.passed': 'testing',
    'data.migrated': 'testing',        'preview.started': 'testing',      'preview.ended': 'testing',
    'preview.ready': 'preview_ready',  'repair.began': 'editing',
    'run.failed': 'failed',            'run.canceled': 'canceled',
  },
  preview_ready: {
    'review.assembled': 'needs_approval', 'preview.started': 'preview_ready', 'preview.ended': 'preview_ready',
    'run.failed': 'failed',            'run.canceled': 'canceled',        'run.expired': 'expired',
  },
  needs_approval: {
    'run.approved': 'approved',        'preview.started': 'needs_approval', 'preview.ended': 'needs_approval',
    'run.rejected': 'canceled',
    'run.failed': 'failed',            'run.canceled': 'canceled',        'run.expired': 'expired',
  },
  approved: {
    'run.waiting': 'approved',         'merge.started': 'merging',        'preview.started': 'approved', 'preview.ended': 'approved',
    'run.failed': 'failed',            'run.canceled': 'canceled',
  },
  merging: {
    'candidate.built': 'merging',      'candidate.superseded': 'merging', 'check.started': 'merging',  'check.ended': 'merging',
    'gate.passed': 'merging',          'landing.started': 'merging',      'run.waiting': 'merging',
    'approval.voided': 'needs_approval', 'main.moved': 'deploying',       'preview.started': 'merging', 'preview.ended': 'merging',
    'run.failed': 'failed',            'run.canceled': 'canceled',
  },
  deploying: {
    'upstream.followed': 'deploying',  'release.failed': 'deploying',     'main.undone': 'deploying',
    'run.merged': 'merged',            'run.failed': 'failed',            'preview.started': 'deploying', 'preview.ended': 'deploying',
  },
  merged:   { 'slot.released': 'merged',   'run.archived': 'merged',   'run.unarchived': 'merged',   'upstream.followed': 'merged' },
  failed:   { 'slot.released': 'failed',   'run.archived': 'failed',   'run.unarchived': 'failed',   'upstream.followed': 'failed' },
  canceled: { 'slot.released': 'canceled', 'run.archived': 'canceled', 'run.unarchived': 'canceled' },
  expired:  { 'slot.released': 'expired',  'run.archived': 'expired',  'run.unarchived': 'expired' },
} as const satisfies Record<RunState, Partial<Record<RunFactType, RunState>>>;

/** Where a fact leads. Throws on a transition that is not in the table: that is a bug, never an outcome. */
export function nextState(from: RunState | undefined, type: RunFactType): RunState {
  if (from === undefined) {
    if (type === 'run.requested') return 'queued';
    throw new Error(`a run begins with run.requested, not ${type}`);
  }
  const row: Partial<Record<RunFactType, RunState>> = RUN_TRANSITIONS[from];
  const to = row[type];
  if (to === undefined) throw new Error(`${type} cannot happen to a run that is ${from}`);
  return to;
}

/** The run is over. */
export function isTerminal(state: RunState): boolean {
  return (TERMINAL_STATES as readonly RunState[]).includes(state);
}

/** A person is waited for, so that an idle lease may be given up. */
export function isIdle(run: { state: RunState; reason?: { code: string } }): boolean {
  return (
    run.state === 'preview_ready' || run.state === 'needs_approval' || (run.state === 'planning' && run.reason?.code === 'PATCH_PROPOSED')
  );
}

/** States in which the run's commit may be running in its slot. */
export const PREVIEW_STATES: readonly RunState[] = ['testing', 'preview_ready', 'needs_approval', 'approved', 'merging', 'deploying'];

/** States in which the run's own clock stands still (SPEC 18, Clocks). */
export const CLOCK_STOPS: readonly RunState[] = ['queued', 'preview_ready', 'needs_approval', 'approved'];
