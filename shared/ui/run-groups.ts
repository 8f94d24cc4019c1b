import { WAIT_REASONS } from '../reasons.ts';
import { type Run, type RunState, TERMINAL_STATES } from '../run.ts';

export const RUN_GROUPS = ['needs_you', 'working', 'waiting', 'done'] as const;
export type RunGroup = (typeof RUN_GROUPS)[number];

export const GROUP_WORDS: Record<RunGroup, string> = { needs_you: 'Needs you', working: 'Working', waiting: 'Waiting', done: 'Done' };

/** Whether nothing more will happen to a run in this state. */
export function isTerminal(state: RunState): boolean {
  return (TERMINAL_STATES as readonly RunState[]).includes(state);
}

/** Whether a safe-mode run waits for a person to apply its patch. */
export function isProposal(run: Pick<Run, 'state' | 'reason'>): boolean {
  return run.state === 'planning' && run.reason?.code === 'PATCH_PROPOSED';
}

/** Where a run belongs in an inbox: by who has to move next. */
export function groupOf(run: Pick<Run, 'state' | 'reason'>): RunGroup {
  if (isTerminal(run.state)) return 'done';
  if (run.state === 'needs_approval' || isProposal(run)) return 'needs_you';
  if (run.state === 'queued' || (run.reason && run.reason.code in WAIT_REASONS)) return 'waiting';
  return 'working';
}

/** Runs by group, order within a group kept; waiting runs follow their place in the queue. */
export function groupRuns(runs: readonly Run[]): Record<RunGroup, Run[]> {
  const groups: Record<RunGroup, Run[]> = { needs_you: [], working: [], waiting: [], done: [] };
  for (const run of runs) groups[groupOf(run)].push(run);
  groups.waiting.sort((a, b) => (a.queuePosition ?? 0) - (b.queuePosition ?? 0));
  return groups;
}
