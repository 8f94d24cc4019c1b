import { isMaskedRoute } from '#shared/route.ts';
import type { Counts, Look } from '../core/watch.ts';
import type { Tx } from '../store/ledger.ts';
import { glimpse } from './glimpse.ts';
import type { Parts } from './parts.ts';

/** What is known of production before a deploy, for the watch after it. Part of the owed effect. */
export interface Before {
  answer?: Look;
  traffic?: Counts;
}

/** The watch on a release that is about to go live. */
export interface WatchPlan {
  /** In the transaction that says it is live: the watch is owed. `previous`: the release whose traffic it took just now. */
  begin(tx: Tx, previous: string | undefined): void;
}

/**
 * Reads how long a release is to be watched and begins to look how its route answers now. A deploy never waits for that look:
 * what it has not seen by the time the traffic moves is not known.
 */
export async function planWatch(
  parts: Parts,
  { releaseId, commit, route, signal }: { releaseId: string; commit: string; route?: string | undefined; signal: AbortSignal },
): Promise<WatchPlan> {
  const at = await parts.settingsAt(commit);
  if (!at.ok || at.settings.deploy.watchMs === 0) return { begin: () => {} };
  const { watchMs, health } = at.settings.deploy;
  // A route whose secrets were masked cannot be asked for.
  const watched = route === undefined || isMaskedRoute(route) ? health.path : route;
  const seen = new Map<string, Before>();
  void glimpse(parts, watched, signal).then((now) => {
    if (now === undefined) return;
    const traffic = now.traffic[now.releaseId];
    seen.set(now.releaseId, { answer: now.answer, ...(traffic && { traffic }) });
  });
  return {
    begin(tx, previous) {
      const before = previous === undefined ? undefined : seen.get(previous);
      parts.releases.beginWatch(releaseId, watched, tx.now + watchMs);
      tx.owe('watch_release', { releaseId, ...(before && { before }) });
    },
  };
}
