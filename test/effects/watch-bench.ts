import { setImmediate as turn } from 'node:timers/promises';
import type { Counts } from '../../daemon/core/watch.ts';
import type { Parts } from '../../daemon/effects/parts.ts';
import { planWatch } from '../../daemon/effects/plan-watch.ts';
import { watchRelease } from '../../daemon/effects/watch-release.ts';
import type { HttpProbe } from '../../daemon/ports.ts';
import { type OpenedStore, releaseIdOf, runAt, temporaryStore } from '../store/temporary-store.ts';

export const MINUTES = 60_000;
export const OLD = releaseIdOf(1);
export const NEW = releaseIdOf(2);

/** A real ledger, a clock moved by hand, and a production that answers as the test says. */
export function watchBench({
  watchMs = 5 * MINUTES,
  store = temporaryStore({ slots: 5 }),
}: {
  watchMs?: number;
  store?: OpenedStore;
} = {}) {
  const production = {
    live: OLD as string | undefined,
    status: 200 as number | undefined,
    reachable: true,
    traffic: {} as Record<string, Partial<Counts>>,
    asked: [] as string[],
    /** Keeps a look from ending until it is stopped. */
    hangs: false,
  };
  const hang = (signal: AbortSignal | undefined) =>
    new Promise<HttpProbe>((resolve) =>
      signal?.addEventListener('abort', () => resolve({ end: 'no_answer', detail: 'stopped', durationMs: 0 }), { once: true }),
    );
  const parts = {
    ...store,
    log: () => {},
    ids: { next: () => 'x', randomHex: () => 'trace' },
    settingsAt: async (commit: string) =>
      commit === 'unreadable'
        ? { ok: false, problems: ['no'] }
        : { ok: true, settings: { deploy: { watchMs, health: { path: '/healthz', timeoutMs: 1 } } } },
    gateway: {
      async state() {
        if (!production.reachable) throw new Error('the gateway cannot be reached');
        const releases = [OLD, NEW].map((releaseId) => ({
          releaseId,
          traffic: { requests: 0, serverErrors: 0, noAnswer: 0, failing: [], ...production.traffic[releaseId] },
        }));
        return { generation: 1, ...(production.live && { live: { releaseId: production.live } }), releases };
      },
    },
    deployer: {
      async probe(path: string, _timeoutMs: number, signal?: AbortSignal): Promise<HttpProbe> {
        production.asked.push(path);
        if (production.hangs) return hang(signal);
        return production.status === undefined
          ? { end: 'no_answer', detail: 'timeout', durationMs: 1 }
          : { end: 'answered', status: production.status, durationMs: 1, bytes: 0 };
      },
    },
  } as unknown as Parts;

  /** Run `n` takes the traffic, as deploying it does it. */
  async function goLive(n: number, route?: string) {
    const run = runAt(store, 'deploying', n, route === undefined ? {} : { context: { url: `http://app.localhost${route}` } });
    const plan = await planWatch(parts, {
      releaseId: run.releaseId!,
      commit: run.mergeCommit!,
      route: run.route,
      signal: new AbortController().signal,
    });
    await settle();
    const previous = store.releases.live()?.id;
    production.live = run.releaseId;
    store.ledger.act({ actor: 'daemon', action: 'release_live', subject: run.releaseId!, traceId: 't', payload: {} }, (tx) => {
      store.releases.markLive(run.releaseId!, tx.now);
      plan.begin(tx, previous);
      tx.run(run.id, { type: 'report_live', releaseId: run.releaseId! });
    });
  }

  /** Begins the watch that is owed. `ended` is what it came to once it did. */
  function begin() {
    const effect = store.outbox.claim('watch', store.clock.now())!;
    const abort = new AbortController();
    const watch = { effect, abort, ended: undefined as unknown };
    void watchRelease(parts)(effect, abort.signal).then(
      (handled) => {
        watch.ended = handled;
      },
      (error) => {
        watch.ended = error;
      },
    );
    return watch;
  }

  async function pass(ms: number) {
    await settle();
    for (let left = ms; left > 0; left -= 10_000) {
      store.clock.advance(Math.min(left, 10_000));
      await settle();
    }
  }
  const release = (n = 2) => store.releases.find(releaseIdOf(n))!;
  return { store, parts, production, goLive, begin, pass, release };
}

export async function settle(): Promise<void> {
  for (let turns = 0; turns < 12; turns++) await turn();
}
