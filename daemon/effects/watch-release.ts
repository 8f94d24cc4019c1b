import { judgeWatch, type Look, type Seen } from '../core/watch.ts';
import type { Clock } from '../ports.ts';
import type { ReleaseRow } from '../store/releases.ts';
import { glimpse } from './glimpse.ts';
import type { DaemonHandler, Parts } from './parts.ts';
import type { Before } from './plan-watch.ts';

const LOOK_EVERY_MS = 10_000;

/**
 * Watches a release that has just gone live, on the route it was made for and on people's requests, until its time is over,
 * errors rose or another release took its place. It proposes, by what it says; it never rolls back. After a restart it goes
 * on; a time that ran out meanwhile still gets a look, and the gateway has counted on.
 */
export const watchRelease =
  (parts: Parts): DaemonHandler =>
  async (effect, signal) => {
    const { releases, clock } = parts;
    const releaseId = String(effect.payload['releaseId']);
    const begun = releases.find(releaseId)!;
    if (begun.watch_state !== 'watching') return 'done';
    const known = (effect.payload['before'] ?? {}) as Before;
    const previous = begun.previous_id === null ? undefined : releases.processOf(releases.find(begun.previous_id)!).id;
    const ends = clock.elapsed() + timeLeft(begun, clock.now());
    const looks: Look[] = [];
    for (;;) {
      const now = await glimpse(parts, begun.watch_route!, signal);
      if (signal.aborted || releases.find(releaseId)!.watch_state !== 'watching') return 'done';
      // In the moment of a switch it may be another's answer.
      const seen = now?.releaseId === releaseId ? now : undefined;
      if (seen !== undefined) looks.push(seen.answer);
      const traffic = seen?.traffic[releaseId];
      const trafficBefore = known.traffic ?? (previous === undefined ? undefined : seen?.traffic[previous]);
      const { verdict, detail } = judgeWatch({
        route: begun.watch_route!,
        ...(known.answer && { before: known.answer }),
        looks,
        ...(traffic && { traffic }),
        ...(trafficBefore && { trafficBefore }),
      } satisfies Seen);
      const over = clock.elapsed() >= ends;
      if (verdict === 'worse') return endWatch(parts, begun, 'worse', detail);
      if (over && looks.length === 0) return endWatch(parts, begun, undefined, 'the gateway could not be asked');
      if (over && verdict === 'calm') return endWatch(parts, begun, 'calm', detail);
      await pause(clock, LOOK_EVERY_MS, signal);
      if (signal.aborted) return 'done';
    }
  };

/** By the wall clock, which may have been set: never longer than it was to be in all. */
function timeLeft({ watch_until, healthy_at }: ReleaseRow, now: number): number {
  return Math.max(0, Math.min(watch_until! - now, watch_until! - healthy_at!));
}

/** Writes down what the watch came to, or that it ended before anything could be said. */
export function endWatch(
  { ledger, releases, queries, ids }: Parts,
  release: ReleaseRow,
  state: 'calm' | 'worse' | undefined,
  detail: string,
): 'done' {
  const run = release.run_id === null ? undefined : queries.find(release.run_id);
  const action = `release_watch_${state ?? 'ended'}`;
  ledger.act({ actor: 'daemon', action, subject: release.id, traceId: run?.traceId ?? ids.randomHex(16), payload: { detail } }, (tx) => {
    releases.endWatch(release.id, state, detail);
    tx.hint('releases');
    if (state === 'worse') tx.hint('status');
  });
  return 'done';
}

/** Settles after a while, or at once when it is to stop. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      cancel();
      resolve();
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
