import type { Role } from '#shared/audit.ts';
import { faceOf } from '#shared/news.ts';
import { REASONS } from '#shared/reasons.ts';
import type { Run } from '#shared/run.ts';
import { isProposal } from '#shared/ui/run-groups.ts';
import { runKey } from '../run-key.ts';
import { callOf } from './run-call.ts';

/** Something a person should hear of though they look elsewhere. */
export interface Call {
  /** The same run in the same state is one call, however often it is noticed. */
  key: string;
  daemonId: string;
  runId: string;
  kind: 'needs_you' | 'failed';
  title: string;
  message: string;
}

function titleOf(run: Run, kind: Call['kind']): string {
  if (kind === 'failed') return 'A run failed';
  return isProposal(run) ? 'A patch is proposed' : 'A run needs your approval';
}

interface Told {
  id: string;
  app?: string;
  user?: string;
  role?: Role;
  pairedAt: number;
}

/** Whom a run concerns enough to be told outside the page: who asked for it, and who may decide on it. */
function concerns(run: Run, kind: Call['kind'], { user, role }: Told): boolean {
  return run.author === user || (kind === 'needs_you' && (role === 'approver' || role === 'admin'));
}

/** The calls of a daemon's runs as they are now. What was so before the browser was paired calls nobody. */
export function callsOf(daemon: Told, runs: readonly Run[]): Call[] {
  return runs.flatMap((run) => {
    const kind = callOf(run);
    if (kind === undefined || !concerns(run, kind, daemon) || Date.parse(run.endedAt ?? run.updatedAt) <= daemon.pairedAt) return [];
    const why = kind === 'failed' && run.reason ? `\n${REASONS[run.reason.code].cause}` : '';
    return [
      {
        key: `${runKey(daemon.id, run.id)}/${faceOf(run)}`,
        daemonId: daemon.id,
        runId: run.id,
        kind,
        title: daemon.app ? `${titleOf(run, kind)} · ${daemon.app}` : titleOf(run, kind),
        message: run.title + why,
      },
    ];
  });
}

/** Which run a notification was about, from its id alone: the background may have been stopped since. */
export function readCallKey(key: string): { daemonId: string; runId: string; face: string } | undefined {
  const match = /^(dmn_[0-9a-f]{16})\/(run_[0-9a-z]{26})\/(.+)$/.exec(key);
  return match ? { daemonId: match[1]!, runId: match[2]!, face: match[3]! } : undefined;
}
