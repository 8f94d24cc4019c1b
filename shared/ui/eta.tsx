import { useMemo } from 'preact/hooks';
import type { Run } from '../run.ts';
import { span } from './relative-time.ts';
import { useNow } from './use-now.ts';

type Waiting = Pick<Run, 'state' | 'queuePosition' | 'etaMs'>;

/**
 * Where a run stands in the queue, and when it is likely to be done with what
 * it is about: ready for a person, or live once approved. `passedMs` is how old
 * the estimate is. What is not known is not said.
 */
export function etaWords({ state, queuePosition, etaMs }: Waiting, passedMs: number): string | undefined {
  const place =
    queuePosition === undefined ? undefined : queuePosition === 1 ? 'next in the queue' : `number ${queuePosition} in the queue`;
  if (etaMs === undefined) return place;
  const left = etaMs - passedMs;
  const to = state === 'approved' || state === 'merging' || state === 'deploying' ? 'live' : 'ready to review';
  const when = left <= 0 ? 'longer than usual' : `${to} in about ${left < 60_000 ? 'a minute' : span(left)}`;
  return place ? `${place}, ${when}` : when;
}

/** The same as it becomes older; nothing when nothing is known. */
export function Eta({ run }: { run: Waiting }) {
  const now = useNow();
  const heardAt = useMemo(Date.now, [run]);
  const words = etaWords(run, Math.max(0, now - heardAt));
  return words === undefined ? null : <span>{words}</span>;
}
