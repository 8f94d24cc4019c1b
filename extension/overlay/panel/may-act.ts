import type { Role } from '#shared/audit.ts';
import type { Run } from '#shared/run.ts';
import { waysOn } from '#shared/ui/may-follow.ts';
import { isTerminal } from '#shared/ui/run-groups.ts';
import type { DaemonView, RunLook } from '../../messages.ts';

const RANK: Record<Role, number> = { viewer: 0, requester: 1, approver: 2, admin: 3 };

/** What a person here may do with a run; each is undefined when it may be done, else says why not. */
export interface MayAct {
  /** Acts that are not offered at all have no place in it. */
  offered: readonly ('approve' | 'revise' | 'retry' | 'reject' | 'cancel')[];
  approve?: string;
}

interface Facts {
  run: Run;
  daemon: DaemonView | undefined;
  /** What was shown of it. */
  look: RunLook | undefined;
  readMigration: boolean;
  /** The page is at this run's preview and still shows another run. */
  isUnseen: boolean;
}

/** The daemon has the last word: this only keeps from offering what it would refuse. */
export function mayAct(facts: Facts): MayAct {
  const { run, daemon } = facts;
  const rank = daemon?.role === undefined ? -1 : RANK[daemon.role];
  const isAsked = run.state === 'needs_approval';
  // Of one that went on elsewhere that other run is the one to decide on, and of a merged one its own page tells more.
  const ways = run.state === 'merged' || run.reason?.code === 'REVISED' ? [] : waysOn(run, []);
  const hasMoved = run.state === 'deploying' || run.mergeCommit !== undefined;
  const offered = [
    ...(isAsked && rank >= RANK.approver ? (['approve'] as const) : []),
    ...((isAsked || ways.includes('revise')) && rank >= RANK.requester ? (['revise'] as const) : []),
    ...(ways.includes('retry') && rank >= RANK.requester ? (['retry'] as const) : []),
    ...(isAsked && rank >= RANK.approver ? (['reject'] as const) : []),
    ...(!isTerminal(run.state) && !hasMoved && rank >= RANK.requester ? (['cancel'] as const) : []),
  ];
  const approve = approveBlock(facts);
  return approve === undefined ? { offered } : { offered, approve };
}

function approveBlock({ run, daemon, look, readMigration, isUnseen }: Facts): string | undefined {
  if (daemon?.link !== 'ready') return 'Not connected to the daemon.';
  if (!look) return 'Reading what it changes…';
  if (look.head !== run.headCommit) return 'The change has moved on; reading it again.';
  if (isUnseen) return 'Reload this page first: it still shows an earlier run.';
  if (run.policy?.verdict === 'blocked') return 'The policy blocks this change.';
  if (look.conflicts) return 'It conflicts with main. Have the conflicts resolved in its details first.';
  if (run.hasMigrations && !readMigration) return 'First tick that you have read the migration.';
  return undefined;
}
