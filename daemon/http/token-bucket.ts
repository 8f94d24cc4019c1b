import type { Clock } from '../ports.ts';

/** Answers whether one more is allowed: so many a second, so many at once after a pause. */
export function createTokenBucket(clock: Clock, perSecond: number, burst: number): () => boolean {
  let tokens = burst;
  let at = clock.elapsed();
  return () => {
    const now = clock.elapsed();
    tokens = Math.min(burst, tokens + ((now - at) * perSecond) / 1_000);
    at = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
