import { type Client, openClient } from '#shared/client.ts';
import { type Link, LinkLost, type LinkParts, type LinkState, openLink } from '#shared/link.ts';
import { type Observable, openObservable } from '#shared/observable.ts';
import type { Notice } from '#shared/stream.ts';
import type { PairedDaemon } from './paired-daemon.ts';

type Address = Pick<PairedDaemon, 'id' | 'address' | 'deviceId' | 'key'>;

export interface DaemonLinksParts {
  /** The extension's own origin, which is part of both proofs. */
  origin: string;
  open(address: string): LinkParts['open'];
  now: LinkParts['now'];
  after: LinkParts['after'];
  ready(daemonId: string): void;
  revoked(daemonId: string): void;
  noticed(daemonId: string, notice: Notice): void;
}

/** One connection per paired daemon. */
export interface DaemonLinks {
  readonly states: Observable<ReadonlyMap<string, LinkState>>;
  /** Opens what is new, closes what is gone or was paired anew. */
  reconcile(daemons: readonly Address[]): void;
  /** Its link, once the first try to connect has come to something: who asks a background that was just woken need not ask twice. */
  settled(daemonId: string): Promise<Link>;
  link(daemonId: string): Link | undefined;
  client(daemonId: string): Client;
  /** Connects now whatever waits for its next try. */
  wake(): void;
  /** Also what the daemon refused: a person says that something was done about it. */
  retry(daemonId?: string): void;
}

/** States that a link does not leave by itself. */
const ENDED: ReadonlySet<LinkState['is']> = new Set(['unpaired', 'revoked', 'version']);

/**
 * A link is bound to the pairing it was opened with. When the pairing changes it is closed and
 * another takes its place in the same step, so there are never two for one daemon and never none.
 */
export function openDaemonLinks(parts: DaemonLinksParts): DaemonLinks {
  const states = openObservable<ReadonlyMap<string, LinkState>>(new Map());
  const open = new Map<string, { address: Address; link: Link }>();

  function publish(): void {
    states.set(new Map([...open].map(([id, { link }]) => [id, link.state.get()])));
  }

  function start(address: Address): void {
    const link = openLink({
      device: address.deviceId,
      key: address.key,
      origin: parts.origin,
      open: parts.open(address.address),
      now: parts.now,
      after: parts.after,
    });
    open.set(address.id, { address, link });
    link.onNotice((notice) => parts.noticed(address.id, notice));
    link.state.watch(() => {
      if (open.get(address.id)?.link !== link) return;
      publish();
      const { is } = link.state.get();
      if (is === 'ready') parts.ready(address.id);
      if (is === 'revoked') parts.revoked(address.id);
      if (is === 'offline') askOthersAt(address);
    });
  }

  /** When a daemon goes away another may come at its address: who was unknown to the one may be known to the other. */
  function askOthersAt(gone: Address): void {
    for (const { address, link } of [...open.values()]) {
      if (address.id === gone.id || address.address !== gone.address || link.state.get().is !== 'unpaired') continue;
      stop(address.id);
      start(address);
    }
  }

  function stop(id: string): void {
    const old = open.get(id);
    open.delete(id);
    old?.link.close();
  }

  /** Rejects with `LinkLost` when no such daemon is paired, or none is any more. */
  async function settled(daemonId: string): Promise<Link> {
    const stands = () => open.get(daemonId)?.link;
    if (stands()?.state.get().is === 'connecting') {
      await new Promise<void>((resolve) => {
        const stop = states.watch(() => {
          if (stands()?.state.get().is === 'connecting') return;
          stop();
          resolve();
        });
      });
    }
    const found = stands();
    if (!found) throw new LinkLost('No such daemon is paired.');
    return found;
  }

  return {
    states,
    reconcile(daemons) {
      for (const id of [...open.keys()]) if (!daemons.some((daemon) => daemon.id === id)) stop(id);
      for (const daemon of daemons) {
        const old = open.get(daemon.id)?.address;
        if (old?.address === daemon.address && old.deviceId === daemon.deviceId && old.key === daemon.key) continue;
        stop(daemon.id);
        start(daemon);
      }
      publish();
    },
    link: (daemonId) => open.get(daemonId)?.link,
    settled,
    client: (daemonId) => openClient({ call: async (request) => (await settled(daemonId)).call(request) }),
    wake() {
      for (const { link } of open.values()) link.retry();
    },
    retry(daemonId) {
      for (const [id, { address, link }] of [...open]) {
        if (daemonId !== undefined && id !== daemonId) continue;
        if (ENDED.has(link.state.get().is)) {
          stop(id);
          start(address);
        } else link.retry();
      }
      publish();
    },
  };
}
