import type { Run } from '#shared/run.ts';
import { groupOf } from '#shared/ui/run-groups.ts';

/** Why a run wants a person now, if it does. */
export function callOf(run: Pick<Run, 'state' | 'reason'>): 'needs_you' | 'failed' | undefined {
  if (run.state === 'failed') return 'failed';
  return groupOf(run) === 'needs_you' ? 'needs_you' : undefined;
}
