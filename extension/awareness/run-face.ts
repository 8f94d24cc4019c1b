import type { Run } from '#shared/run.ts';
import { groupOf } from '#shared/ui/run-groups.ts';

type Faced = Pick<Run, 'state' | 'reason' | 'headCommit'>;

/** What a person sees of a run that matters for having seen it: another face is news, another step of the same work is not. */
export function faceOf({ state, reason, headCommit }: Faced): string {
  return [state, reason?.code ?? '', headCommit?.slice(0, 12) ?? ''].join('/');
}

/** Why a run wants a person now, if it does. */
export function callOf(run: Pick<Run, 'state' | 'reason'>): 'needs_you' | 'failed' | undefined {
  if (run.state === 'failed') return 'failed';
  return groupOf(run) === 'needs_you' ? 'needs_you' : undefined;
}
