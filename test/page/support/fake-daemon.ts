import { type Link, type LinkParts, openLink, type SocketEvents } from '#shared/link.ts';
import { clientMac, daemonMac, nonce, socketKey } from '#shared/pairing.ts';
import type { ClientFrame, DaemonFrame } from '#shared/socket.ts';

const ORIGIN = 'http://127.0.0.1:4400';
const SECRET = 'ab'.repeat(32);

/** One socket as the daemon sees it. */
export interface FakeSocket {
  events: SocketEvents;
  received: ClientFrame[];
  closedByClient: boolean;
  say(frame: DaemonFrame | { type: string }): void;
}

type FrameOf<T extends ClientFrame['type']> = Extract<ClientFrame, { type: T }>;

/** The other end of a link: sockets that open at once, a clock that is moved by hand, the real handshake. */
export async function openFakeDaemon(options: { secret?: string } = {}) {
  const key = await socketKey(SECRET);
  const daemonKey = await socketKey(options.secret ?? SECRET);
  const sockets: FakeSocket[] = [];
  const timers = new Set<{ at: number; then: () => void }>();
  let now = 1_000;
  let waiting: (() => void)[] = [];

  const wake = () => {
    const due = waiting;
    waiting = [];
    for (const then of due) then();
  };

  const parts: LinkParts = {
    device: 'dev_1',
    key,
    origin: ORIGIN,
    now: () => now,
    after(delayMs, then) {
      const timer = { at: now + delayMs, then };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    open(events) {
      const socket: FakeSocket = {
        events,
        received: [],
        closedByClient: false,
        say: (frame) => events.received(JSON.stringify(frame)),
      };
      sockets.push(socket);
      queueMicrotask(events.opened);
      return {
        send(text) {
          socket.received.push(JSON.parse(text) as ClientFrame);
          wake();
        },
        close() {
          socket.closedByClient = true;
        },
      };
    },
  };

  /** The next frame of a kind that this socket receives; one that came already counts. */
  async function frame<T extends ClientFrame['type']>(socket: FakeSocket, type: T, index = 0): Promise<FrameOf<T>> {
    for (;;) {
      const found = socket.received.filter((received) => received.type === type)[index];
      if (found) return found as FrameOf<T>;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  /** The daemon's half of the handshake on the newest socket, up to `ready` when the proof holds. */
  async function welcome(): Promise<FakeSocket> {
    const socket = sockets.at(-1)!;
    const hello = await frame(socket, 'hello');
    const ns = nonce();
    socket.say({ v: 1, type: 'challenge', ns, mac: await daemonMac(daemonKey, hello.nc, ns, ORIGIN) });
    const proof = await frame(socket, 'proof');
    if (proof.mac !== (await clientMac(daemonKey, hello.nc, ns, ORIGIN))) throw new Error('the proof of the page is wrong');
    socket.say({ v: 1, type: 'ready', protocol: 1, user: 'owner', role: 'admin' });
    return socket;
  }

  return {
    sockets,
    frame,
    welcome,
    connect: (): Link => openLink(parts),
    /** Moves the clock and runs what is due, in order. */
    pass(ms: number) {
      const until = now + ms;
      for (;;) {
        const [next] = [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        now = next.at;
        next.then();
      }
      now = until;
    },
    timers,
  };
}

/** Resolves when an observable satisfies a condition. */
export function until<T>(source: { get(): T; watch(then: () => void): () => void }, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds(source.get())) return false;
      resolve(source.get());
      return true;
    };
    if (look()) return;
    const stop = source.watch(() => look() && stop());
  });
}
