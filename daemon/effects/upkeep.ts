import type { Parts } from './parts.ts';

const GATEWAY_MS = 5_000;
const UPSTREAM_MS = 30_000;

/** What is looked after without anybody asking. */
export interface Upkeep {
  start(): void;
  /** Settles when nothing of it runs any more. */
  stop(): Promise<void>;
}

/**
 * Starts the gateway again when it died, and brings the person's repository along once what was in the way is gone.
 * Neither ever gives up: each look stands for itself, and only what changed is said.
 */
export function createUpkeep(parts: Pick<Parts, 'gateway' | 'repository' | 'upstream' | 'ledger' | 'clock' | 'ids' | 'log'>): Upkeep {
  const { gateway, repository, upstream, ledger, clock, ids, log } = parts;
  const stopping = new AbortController();
  const loops: Promise<void>[] = [];
  let gatewayTrouble: string | undefined;
  let upstreamTrouble: string | undefined;

  async function lookAtGateway(): Promise<void> {
    const ensured = await gateway.ensure().catch((error: Error) => ({ ok: false as const, detail: error.message }));
    const trouble = ensured.ok ? undefined : ensured.detail;
    if (trouble !== undefined && trouble !== gatewayTrouble) log('error', 'the gateway cannot be reached', { detail: trouble });
    if (ensured.ok && !ensured.adopted) log('warn', 'the gateway was gone and has been started again');
    gatewayTrouble = trouble;
  }

  async function lookAtUpstream(): Promise<void> {
    if (upstream.state !== 'ahead' && upstream.state !== 'offline') return;
    const before = { ...upstream };
    const followed = await repository.bringUpstreamAlong(stopping.signal).catch((error: Error) => error);
    if (stopping.signal.aborted) return;
    const trouble = followed instanceof Error ? followed.message : undefined;
    if (trouble !== undefined && trouble !== upstreamTrouble) log('error', 'upstream cannot be brought along', { detail: trouble });
    upstreamTrouble = trouble;
    if (followed instanceof Error || (followed.state === before.state && followed.why === before.detail)) return;
    upstream.state = followed.state;
    upstream.detail = followed.why;
    ledger.act(
      {
        actor: 'daemon',
        action: 'upstream_followed',
        subject: 'upstream',
        traceId: ids.randomHex(16),
        payload: { state: followed.state, checkout: followed.checkout, ...(followed.why === undefined ? {} : { why: followed.why }) },
      },
      (tx) => {
        tx.hint('status');
      },
    );
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
      loops.push(repeat(GATEWAY_MS, lookAtGateway), repeat(UPSTREAM_MS, lookAtUpstream));
    },
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}
