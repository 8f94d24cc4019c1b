import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, HttpProbe } from '../../ports.ts';
import { httpProbe } from '../http-probe.ts';
import { isRunning, startTimeOf } from '../process-facts.ts';

const LOOK_MS = 50;
const ONE_MS = 5_000;
/** One good answer may be luck between two crashes. */
const NEEDED = 2;

export type Health = { healthy: true } | { healthy: false; step: 'start' | 'health'; detail: string };

/** Asks a starting release until it answers well twice in a row, its process ends, or the time is over. */
export async function awaitHealth(
  release: { pid: number; port: number; authority: string; path: string; timeoutMs: number },
  clock: Clock,
  signal: AbortSignal,
): Promise<Health> {
  const deadline = clock.elapsed() + release.timeoutMs;
  const startTime = startTimeOf(release.pid);
  let good = 0;
  let last: HttpProbe | undefined;
  while (!signal.aborted) {
    if (startTime === undefined || !isRunning(release.pid, startTime))
      return { healthy: false, step: 'start', detail: 'the release ended by itself' };
    const left = deadline - clock.elapsed();
    if (left <= 0) return { healthy: false, step: 'health', detail: `${release.path} ${say(last)} within ${release.timeoutMs} ms` };
    const probe = await httpProbe(
      { port: release.port },
      { authority: release.authority, path: release.path, timeoutMs: Math.min(left, ONE_MS), signal },
    );
    good = probe.end === 'answered' && probe.status >= 200 && probe.status < 300 ? good + 1 : 0;
    // The last one may have had no time left to be answered: what the release says of itself tells more.
    if (probe.end === 'answered' || last?.end !== 'answered') last = probe;
    if (good === NEEDED) return { healthy: true };
    await delay(LOOK_MS);
  }
  return { healthy: false, step: 'health', detail: 'stopped' };
}

function say(probe: HttpProbe | undefined): string {
  if (probe === undefined) return 'was not asked';
  return probe.end === 'answered' ? `answered ${probe.status}, not 2xx,` : `did not answer (${probe.detail})`;
}
