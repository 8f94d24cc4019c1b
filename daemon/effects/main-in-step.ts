import { considerUpstream, type Synced } from './consider-upstream.ts';
import type { Context, Parts } from './parts.ts';
import { seeUpstream } from './see-upstream.ts';

/**
 * Takes up what came to the person's repository before a run's merge is built and again before it lands. Undefined: the
 * two mains are apart and the run waits; what can be done about it by itself is owed.
 */
export async function mainInStep(parts: Parts, context: Context): Promise<Synced | undefined> {
  const synced = await parts.repository.syncFromUpstream(context.signal);
  seeUpstream(parts, synced);
  if (synced.state !== 'diverged') return synced;
  await considerUpstream(parts, synced);
  context.tryReport({ type: 'report_waiting', reason: synced.rewritten ? 'MAIN_REWRITTEN' : 'MAIN_DIVERGED' });
  return undefined;
}
