import type { RunState } from '#shared/run.ts';

/** Stages a run passes on its way to a person's decision, in order. */
const TO_REVIEW: readonly RunState[] = ['planning', 'editing', 'testing', 'preview_ready'];
const TO_MERGED: readonly RunState[] = ['merging', 'deploying'];

/** How long recent runs spent in each stage, in milliseconds; one entry a passage. */
export type StageTimes = ReadonlyMap<RunState, readonly number[]>;

/** Fewer passages than this are no basis for a promise. */
const ENOUGH = 3;

/**
 * Milliseconds until a run needs a person, or once approved until it is merged: the rest of its stage and the stages
 * after it, each as the median of recent runs. Undefined where nobody can know: too few runs, or it waits for something.
 */
export function etaOf(run: { state: RunState; stateSince: number; waits: boolean }, now: number, times: StageTimes): number | undefined {
  if (run.waits) return undefined;
  const way =
    TO_REVIEW.includes(run.state) || run.state === 'queued'
      ? TO_REVIEW
      : run.state === 'approved' || TO_MERGED.includes(run.state)
        ? TO_MERGED
        : undefined;
  if (way === undefined) return undefined;
  const at = way.indexOf(run.state);
  let left = 0;
  for (const [index, stage] of way.entries()) {
    if (index < at) continue;
    const median = medianOf(times.get(stage));
    if (median === undefined) return undefined;
    left += index === at ? Math.max(0, median - (now - run.stateSince)) : median;
  }
  return Math.round(left);
}

function medianOf(values: readonly number[] | undefined): number | undefined {
  if (values === undefined || values.length < ENOUGH) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
