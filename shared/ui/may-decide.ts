import type { Status } from '../api.ts';
import { ROLES, type Role } from '../audit.ts';
import type { Run, Standing } from '../run.ts';
import { isTerminal } from './run-groups.ts';
import { stateWords } from './state-words.ts';

/** What decides whether a person may act on a run now. */
export interface DecisionFacts {
  run: Run;
  status: Status | undefined;
  connected: boolean;
}

function roleBlock(status: Status | undefined, needed: Role, act: string): string | undefined {
  if (!status) return 'Asking the daemon who you are…';
  return ROLES.indexOf(status.you.role) >= ROLES.indexOf(needed)
    ? undefined
    : `Your role (${status.you.role}) may not ${act}; it takes ${needed}.`;
}

/** Why nobody, or not this person, may act now: the link, then the role. */
export function common({ status, connected }: DecisionFacts, needed: Role, act: string): string | undefined {
  if (!connected) return 'Not connected to the daemon.';
  return roleBlock(status, needed, act);
}

function ended(run: Run): string {
  return `The run has ended: ${stateWords(run).label.toLowerCase()}.`;
}

/** Why a run cannot be approved now, or undefined when it can. The daemon has the last word. */
export function approveBlock(facts: DecisionFacts, readMigration: boolean, standing?: Standing): string | undefined {
  const { run, status } = facts;
  if (isTerminal(run.state)) return ended(run);
  if (run.state === 'approved' || run.state === 'merging' || run.state === 'deploying') return 'It is approved already.';
  if (run.state !== 'needs_approval' || !run.headCommit) return 'It can be approved when the review is complete.';
  const block = common(facts, 'approver', 'approve');
  if (block) return block;
  if (run.policy?.verdict === 'blocked') return 'The policy blocks this change.';
  if (status?.flags.freeze) return 'Merging is frozen. An admin lifts it in the settings.';
  if (status?.upstream.rewritten) return 'main in your repository was rewritten. Decide on the Releases page whether it is taken over.';
  if (status?.upstream.state === 'diverged')
    return 'main has diverged from your repository. It goes on once they are merged; the banner says how.';
  if (standing?.merges === 'conflicts') return 'It conflicts with main. Have the conflicts resolved first.';
  if (run.hasMigrations && !readMigration) return 'First tick that you have read the migration.';
  return undefined;
}

/** Why a run cannot be rejected now, or undefined when it can. */
export function rejectBlock(facts: DecisionFacts): string | undefined {
  const { run } = facts;
  if (isTerminal(run.state)) return ended(run);
  if (run.state !== 'needs_approval' && run.state !== 'preview_ready') {
    return run.state === 'approved' || run.state === 'merging' || run.state === 'deploying'
      ? 'It is approved already. Cancel it while main has not moved.'
      : 'It can be rejected when the review is complete. Until then, cancel it.';
  }
  return common(facts, 'approver', 'reject');
}

/** Why a run cannot be canceled now, or undefined when it can. */
export function cancelBlock(facts: DecisionFacts): string | undefined {
  const { run } = facts;
  if (isTerminal(run.state)) return ended(run);
  if (run.state === 'deploying' || run.mergeCommit) return 'main has moved. Roll the release back instead.';
  return common(facts, 'requester', 'cancel');
}
