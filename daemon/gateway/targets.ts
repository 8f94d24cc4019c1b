import type { IncomingMessage } from 'node:http';
import type { Place } from './hosts.ts';
import type { GatewayLog } from './log.ts';
import type { StateFile } from './state-file.ts';
import { type Address, createUpstream, type Upstream } from './upstream.ts';

/** The programs behind the names, as the state file has them now. */
export interface Targets {
  live(): Upstream | undefined;
  preview(host: string): Upstream | undefined;
  inFlight(releaseId: string): number;
  /** Waits until a release that is not live has nothing in flight or the time is over, then closes its connections. */
  drain(releaseId: string, withinMs: number): Promise<void>;
  /** Drops the connections to a preview that was replaced or removed. */
  dropPreview(host: string): void;
  /** The run that a preview shows, when whoever put it there said so. */
  runOf(place: Place): string | undefined;
  /** True once per host, epoch and kind of client: this answer must tell the browser to forget what an earlier run left in it. */
  mustForget(place: Place, req: IncomingMessage): boolean;
}

export function createTargets(state: StateFile, log: GatewayLog): Targets {
  const releases = new Map<string, Upstream>();
  /** What could not be written down; else the browser would be sent round for ever. */
  const unwritten: Record<string, { epoch: string; browser: boolean }> = {};
  const previews = new Map<string, Upstream>();

  /** A preview's epoch is its run. */
  const epochOf = (place: Place) => (place.kind === 'preview' ? state.current.previews[place.host]?.epoch : undefined);

  return {
    live() {
      const release = state.current.releases.find(({ start }) => start.releaseId === state.current.live);
      return release && upstreamAt(releases, release.start.releaseId, { host: '127.0.0.1', port: release.port });
    },
    preview(host) {
      const target = state.current.previews[host];
      return target && upstreamAt(previews, host, { socketPath: target.unix });
    },
    inFlight: (releaseId) => releases.get(releaseId)?.inFlight ?? 0,
    async drain(releaseId, withinMs) {
      const upstream = releases.get(releaseId);
      if (!upstream) return;
      await upstream.drained(withinMs);
      if (state.current.live === releaseId) return; // it got the traffic back meanwhile
      upstream.close();
      releases.delete(releaseId);
    },
    dropPreview(host) {
      previews.get(host)?.close();
      previews.delete(host);
    },
    runOf: epochOf,
    mustForget(place, req) {
      const epoch = epochOf(place);
      if (epoch === undefined) return false;
      const told = unwritten[place.host] ?? state.current.cleared[place.host];
      // A probe that came first must not use up the browser's turn.
      const browser = req.headers['sec-fetch-mode'] !== undefined;
      if (told?.epoch === epoch && (told.browser || !browser)) return false;
      try {
        state.update((current) => ({ ...current, cleared: { ...current.cleared, [place.host]: { epoch, browser } } }));
        delete unwritten[place.host];
      } catch (error) {
        // A full disk costs the browser its preview's storage again after a restart; it must not cost the answer.
        unwritten[place.host] = { epoch, browser };
        log('error', 'state cannot be written', { detail: (error as Error).message });
      }
      return true;
    },
  };
}

function upstreamAt(known: Map<string, Upstream>, key: string, address: Address): Upstream {
  const found = known.get(key);
  if (found && JSON.stringify(found.address) === JSON.stringify(address)) return found;
  found?.close();
  const created = createUpstream(address);
  known.set(key, created);
  return created;
}
