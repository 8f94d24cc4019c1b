import type { Clock } from '../ports.ts';

const MINUTE_MS = 60_000;

/** Notes that a device was seen, at most once a minute each, so that reading does not write all the time. */
export function createTouch(clock: Clock, touch: (deviceId: string) => void): (deviceId: string) => void {
  const seen = new Map<string, number>();
  return (deviceId) => {
    const now = clock.elapsed();
    if (now - (seen.get(deviceId) ?? Number.NEGATIVE_INFINITY) < MINUTE_MS) return;
    seen.set(deviceId, now);
    touch(deviceId);
  };
}
