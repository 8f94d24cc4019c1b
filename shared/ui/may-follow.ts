import type { Relation, Run } from '../run.ts';
import { common, type DecisionFacts } from './may-decide.ts';
import { isProposal, isTerminal } from './run-groups.ts';

/** What decides whether another run may come from this one. */
export interface FollowFacts extends DecisionFacts {
  /** Runs that came from this one already. */
  children: readonly Run[];
}

/** The youngest run that came from this one in that way and is not over. */
function liveChild(children: readonly Run[], relation: Relation): Run | undefined {
  return children.findLast((child) => child.relation === relation && !isTerminal(child.state));
}

/** Whether the merged change was taken back by a merged revert. */
function isReverted(children: readonly Run[]): boolean {
  return children.some((child) => child.relation === 'revert' && child.state === 'merged');
}

/** Why the run cannot be revised now, or undefined when it can. The daemon has the last word. */
export function reviseBlock(facts: FollowFacts): string | undefined {
  const { run } = facts;
  if (run.state === 'merged' && !isReverted(facts.children)) return 'It is merged. Ask for a new change, or revert it.';
  if (!isTerminal(run.state) && run.state !== 'needs_approval' && !isProposal(run)) {
    return run.state === 'editing'
      ? 'Codex is still at work. Tell it below its log what should be different.'
      : 'It can be revised when the review is complete.';
  }
  if (liveChild(facts.children, 'revision')) return 'A revision is under way. Go on there.';
  return common(facts, 'requester', 'ask for a revision');
}

/** Why the same cannot be asked for again now, or undefined when it can. */
export function retryBlock(facts: FollowFacts): string | undefined {
  if (!isTerminal(facts.run.state)) return 'It has not ended.';
  if (facts.run.state === 'merged') return 'It is merged. Ask for a new change.';
  return common(facts, 'requester', 'retry a run');
}

/** Why the run's commit cannot be brought back to a slot now, or undefined when it can. */
export function restoreBlock(facts: FollowFacts): string | undefined {
  const { run } = facts;
  if (!isTerminal(run.state)) return 'It has not ended.';
  if (run.state === 'merged') return 'It is merged: main has it.';
  if (!run.headCommit) return 'It left no commit that could be restored.';
  if (liveChild(facts.children, 'restore')) return 'It is being restored already. Go on there.';
  return common(facts, 'requester', 'restore a run');
}

/** Why the merged change cannot be taken back now, or undefined when it can. */
export function revertBlock(facts: FollowFacts): string | undefined {
  const { run, children } = facts;
  if (run.state !== 'merged') return 'Only a merged run can be reverted.';
  if (liveChild(children, 'revert')) return 'A revert is under way. Go on there.';
  if (isReverted(children)) return 'It has been reverted.';
  return common(facts, 'requester', 'revert a run');
}

/** Why the run cannot be put away or taken out again, or undefined when it can. */
export function archiveBlock(facts: DecisionFacts): string | undefined {
  if (!isTerminal(facts.run.state)) return 'Only an ended run can be archived.';
  return common(facts, 'requester', 'archive a run');
}

/** Why nothing can be said to the agent now, or undefined when it can. */
export function sendBlock(facts: DecisionFacts): string | undefined {
  if (facts.run.state !== 'editing') return 'Codex is not working on it now.';
  return common(facts, 'requester', 'talk to the agent');
}

/** Why the proposed patch cannot be applied now, or undefined when it can. */
export function applyBlock(facts: DecisionFacts): string | undefined {
  if (!isProposal(facts.run)) return 'There is no patch to apply.';
  return common(facts, 'approver', 'apply a patch');
}

/** Ways on from an ended run, best first. */
export type WayOn = 'resolve' | 'restore' | 'revise' | 'retry' | 'revert';

/** The ways on from an ended run that make sense for how it ended; the first one is the one to suggest. */
export function waysOn(run: Pick<Run, 'state' | 'reason' | 'headCommit'>, children: readonly Run[]): readonly WayOn[] {
  if (run.state === 'merged') return isReverted(children) ? ['revise'] : ['revert'];
  if (!isTerminal(run.state)) return [];
  const code = run.reason?.code;
  if (code === 'MERGE_CONFLICT') return ['resolve', 'revise', 'retry'];
  // A commit that nobody judged can be looked at again as it is; one that was judged needs another one.
  const untouched = code === 'LEASE_EXPIRED' || code === 'REPLACED' || code === 'LEASE_LOST' || code === 'CANCELED_BY_USER';
  if (!run.headCommit) return code === 'NO_CHANGES' || code === 'REJECTED' ? ['revise', 'retry'] : ['retry', 'revise'];
  return untouched ? ['restore', 'revise', 'retry'] : ['revise', 'retry', 'restore'];
}
