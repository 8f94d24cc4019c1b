/** @param {readonly number[]} values @param {number} share for example 0.95 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  const lower = Math.ceil(sorted.length / 2) - 1;
  return ((sorted[lower] ?? Number.NaN) + (sorted[upper] ?? Number.NaN)) / 2;
}

const RESAMPLES = 2_000;

/**
 * Between which two values the median lies in 95 of 100 repetitions of the same measurement, by resampling what was measured.
 * @param {readonly number[]} values
 * @returns {{ low: number, high: number }}
 */
export function intervalOfMedian(values) {
  const random = sequence();
  const medians = Array.from({ length: RESAMPLES }, () => median(values.map(() => values[Math.floor(random() * values.length)] ?? 0)));
  return { low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

/** The same numbers each time, so that the same measurements give the same table (mulberry32). */
function sequence() {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
