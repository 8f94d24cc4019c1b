import { lstatSync } from 'node:fs';
import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';

/** Where a request goes: a port of ours or a preview's unix socket. */
export type Address = { host: '127.0.0.1'; port: number } | { socketPath: string };

/** One program behind us, with its connections and how much of it is in use. */
export interface Upstream {
  readonly address: Address;
  readonly agent: Agent;
  /** Requests and upgraded connections that have not ended. */
  readonly inFlight: number;
  /** Counts one in; the answer counts it out, once. `socket` is closed with the upstream. */
  enter(socket?: Duplex): () => void;
  /** Settles when nothing is in flight or the time is over. */
  drained(withinMs: number): Promise<void>;
  /** Closes idle connections and whatever was upgraded. */
  close(): void;
}

export function createUpstream(address: Address): Upstream {
  // Idle connections are dropped before the app's own keep-alive (5 s in Node) closes them under a request.
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 4_000 });
  const upgraded = new Set<Duplex>();
  const waiting = new Set<() => void>();
  let inFlight = 0;
  return {
    address,
    agent,
    get inFlight() {
      return inFlight;
    },
    enter(socket) {
      inFlight += 1;
      if (socket) upgraded.add(socket);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        inFlight -= 1;
        if (socket) upgraded.delete(socket);
        if (inFlight === 0) for (const settle of [...waiting]) settle();
      };
    },
    drained(withinMs) {
      if (inFlight === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const settle = () => {
          clearTimeout(timer);
          waiting.delete(settle);
          resolve();
        };
        const timer = setTimeout(settle, withinMs);
        waiting.add(settle);
      });
    },
    close() {
      agent.destroy();
      for (const socket of upgraded) socket.destroy();
    },
  };
}

/** A preview's address must be a socket itself: a link in its place could lead to any socket of the host. */
export function isReachable(address: Address): boolean {
  if ('port' in address) return true;
  return lstatSync(address.socketPath, { throwIfNoEntry: false })?.isSocket() ?? false;
}
