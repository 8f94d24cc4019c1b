import type { Role } from '#shared/audit.ts';
import type { Run } from '#shared/run.ts';
import { groupOf, isTerminal } from '#shared/ui/run-groups.ts';
import type { PairedDaemon } from './paired-daemon.ts';

/** What the toolbar button says about a page: how many runs about it are not over, and in words. */
export function badgeOf(runs: readonly Run[], trouble: string | undefined): { text: string; title: string } {
  const active = runs.filter((run) => !isTerminal(run.state));
  const needsYou = active.filter((run) => groupOf(run) === 'needs_you').length;
  const count = active.length === 1 ? '1 active run on this page' : `${active.length} active runs on this page`;
  const parts = [trouble, active.length > 0 ? count : undefined, needsYou > 0 ? `${needsYou} waiting for you` : undefined];
  return {
    text: active.length === 0 ? '' : active.length > 99 ? '99+' : String(active.length),
    title: ['Codex Builder', ...parts.filter((part) => part !== undefined)].join(' · '),
  };
}

const MAY_APPROVE: readonly (Role | undefined)[] = ['approver', 'admin'];

/** Whom a run concerns enough to be told outside the page: who may decide on it, and who asked for it. */
export function notificationOf(run: Run, daemon: Pick<PairedDaemon, 'user' | 'role'>): { title: string; message: string } | undefined {
  const isOwn = run.author === daemon.user;
  if (run.state === 'needs_approval' && (isOwn || MAY_APPROVE.includes(daemon.role)))
    return { title: 'Needs approval', message: run.title };
  if (run.state === 'failed' && isOwn) return { title: 'Failed', message: run.reason ? `${run.title}\n${run.reason.message}` : run.title };
  return undefined;
}
