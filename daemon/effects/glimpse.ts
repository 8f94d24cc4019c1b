import type { Counts, Look } from '../core/watch.ts';
import type { Parts } from './parts.ts';

/** Longer than a person waits for a page. */
const PROBE_MS = 10_000;

/** How production stands in one moment. */
export interface Glimpse {
  /** Release whose process has the traffic. */
  releaseId: string;
  /** How it answered the route. */
  answer: Look;
  /** People's requests to each release that runs, as the gateway counted them. */
  traffic: Readonly<Record<string, Counts>>;
}

/**
 * Looks at the live release: what the gateway counted, and how a route answers through it as a browser would see it.
 * Undefined when nothing was seen of a release: none is live, the gateway cannot be reached, or it was stopped.
 */
export async function glimpse(
  { gateway, deployer, log }: Pick<Parts, 'gateway' | 'deployer' | 'log'>,
  route: string,
  signal: AbortSignal,
): Promise<Glimpse | undefined> {
  if (signal.aborted) return undefined;
  const state = await orStopped(gateway.state(), signal).catch((error: Error) => {
    log('warn', 'production could not be looked at', { detail: error.message });
    return undefined;
  });
  if (state?.live === undefined) return undefined;
  const probe = await deployer.probe(route, PROBE_MS, signal);
  if (signal.aborted) return undefined;
  return {
    releaseId: state.live.releaseId,
    answer: probe.end === 'answered' ? { end: 'answered', status: probe.status } : { end: 'no_answer' },
    traffic: Object.fromEntries(state.releases.flatMap(({ releaseId, traffic }) => (traffic === undefined ? [] : [[releaseId, traffic]]))),
  };
}

/** What the work comes to, or undefined as soon as it is to stop. */
function orStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
