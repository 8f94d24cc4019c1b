import { considerUpstream } from './consider-upstream.ts';
import type { Parts } from './parts.ts';
import { createSlotCleaner } from './quarantine.ts';
import { seeProduction } from './see-production.ts';
import { seeUpstream } from './see-upstream.ts';

const GATEWAY_MS = 5_000;
const DEPENDENCIES_MS = 3_600_000;
const SLOTS_MS = 5_000;

/** What is looked after without anybody asking. */
export interface Upkeep {
  start(): void;
  /** Settles when nothing of it runs any more. */
  stop(): Promise<void>;
}

/**
 * Starts the gateway again when it died, and keeps the person's repository and ours in step: takes up what came there, brings
 * it along once what was in the way is gone; cleans slots that are quarantined. None of them ever gives up: each look stands for itself, and only what changed is said.
 */
export function createUpkeep(
  parts: Pick<
    Parts,
    | 'gateway'
    | 'repository'
    | 'previewer'
    | 'sandbox'
    | 'host'
    | 'leases'
    | 'releases'
    | 'outbox'
    | 'settingsAt'
    | 'upstream'
    | 'production'
    | 'ledger'
    | 'clock'
    | 'ids'
    | 'log'
  > & {
    dependencies: Pick<Parts['dependencies'], 'prune'>;
    folders: Pick<Parts['folders'], 'state' | 'worktree'>;
    limits: Pick<Parts['limits'], 'upstreamLookMs' | 'diskFloorBytes'>;
  },
): Upkeep {
  const { gateway, repository, clock, log } = parts;
  const stopping = new AbortController();
  const loops: Promise<void>[] = [];
  const cleanSlots = createSlotCleaner(parts);
  let gatewayTrouble: string | undefined;
  let upstreamTrouble: string | undefined;

  async function lookAtGateway(): Promise<void> {
    const ensured = await gateway.ensure().catch((error: Error) => ({ ok: false as const, detail: error.message }));
    const trouble = ensured.ok ? undefined : ensured.detail;
    if (trouble !== undefined && trouble !== gatewayTrouble) log('error', 'the gateway cannot be reached', { detail: trouble });
    if (ensured.ok && !ensured.adopted) log('warn', 'the gateway was gone and has been started again');
    gatewayTrouble = trouble;
    if (!ensured.ok) return;
    try {
      seeProduction(parts, await gateway.state());
    } catch (error) {
      log('error', 'production cannot be looked at', { detail: error instanceof Error ? error.message : String(error) });
    }
  }

  async function lookAtUpstream(): Promise<void> {
    try {
      const synced = await repository.syncFromUpstream(stopping.signal);
      seeUpstream(parts, synced.state === 'ahead' ? await repository.bringUpstreamAlong(stopping.signal) : synced);
      await considerUpstream(parts, synced);
      upstreamTrouble = undefined;
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      if (stopping.signal.aborted) return;
      if (trouble !== upstreamTrouble) log('error', 'upstream cannot be looked at', { detail: trouble });
      upstreamTrouble = trouble;
    }
  }

  async function lookAtDependencies(): Promise<void> {
    try {
      const isLow = (await parts.host.freeBytes(parts.folders.state)) < 2 * parts.limits.diskFloorBytes;
      const { removedBytes } = await parts.dependencies.prune({ all: isLow });
      if (removedBytes > 0) log('info', 'dependencies that nobody used were removed', { bytes: removedBytes });
    } catch (error) {
      log('error', 'dependencies that nobody uses cannot be removed', { detail: error instanceof Error ? error.message : String(error) });
    }
  }

  async function repeat(everyMs: number, look: () => Promise<void>): Promise<void> {
    while (await waited(everyMs)) await look();
  }

  /** False when it is to stop instead. */
  function waited(ms: number): Promise<boolean> {
    if (stopping.signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const cancel = clock.after(ms, () => {
        stopping.signal.removeEventListener('abort', stop);
        resolve(true);
      });
      const stop = () => {
        cancel();
        resolve(false);
      };
      stopping.signal.addEventListener('abort', stop, { once: true });
    });
  }

  return {
    start() {
      loops.push(
        repeat(GATEWAY_MS, lookAtGateway),
        repeat(parts.limits.upstreamLookMs, lookAtUpstream),
        repeat(DEPENDENCIES_MS, lookAtDependencies),
        repeat(SLOTS_MS, () => cleanSlots(stopping.signal)),
      );
    },
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}
