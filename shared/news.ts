import { type RunState, TERMINAL_STATES } from './run.ts';

interface Faced {
  state: RunState;
  reason?: { code: string } | undefined;
  headCommit?: string | undefined;
}

/** What of a run matters for having seen it: another face may be news, another step of the same work is not. */
export function faceOf({ state, reason, headCommit }: Faced): string {
  return [state, reason?.code ?? '', headCommit?.slice(0, 12) ?? ''].join('/');
}

/** Whether how a run stands is something to hear of: it waits for a person or has ended. That a person stopped it or went on with it elsewhere is not. */
export function isNews({ state, reason }: Faced): boolean {
  if (state === 'needs_approval' || (state === 'planning' && reason?.code === 'PATCH_PROPOSED')) return true;
  return TERMINAL_STATES.some((each) => each === state) && (state !== 'canceled' || reason?.code === 'REJECTED');
}
