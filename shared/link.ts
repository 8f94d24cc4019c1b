import { PROTOCOL } from './api.ts';
import { ROLES, type Role } from './audit.ts';
import type { Transport } from './client.ts';
import { type Observable, openObservable } from './observable.ts';
import { clientMac, daemonMac, nonce, sameMac } from './pairing.ts';
import { CLOSE, type ClientFrame, DaemonFrame } from './socket.ts';
import type { Notice } from './stream.ts';

/** How a page or an extension stands with the daemon. `since` and `retryAt` are milliseconds since the epoch. */
export type LinkState =
  | { is: 'connecting' }
  | { is: 'ready'; user: string; role: Role }
  | { is: 'offline'; since: number }
  | { is: 'impostor' }
  | { is: 'unpaired' }
  | { is: 'revoked' }
  | { is: 'version' }
  | { is: 'forbidden' };

/** What a socket reports. */
export interface SocketEvents {
  opened(): void;
  received(data: unknown): void;
  closed(code: number): void;
  /** Instead of `closed`: the daemon is there and opens no socket for who asks. */
  refused?(): void;
}

export interface LinkParts {
  device: string;
  /** What the handshake is keyed with (`socketKey` of the device's secret). */
  key: string;
  origin: string;
  open(events: SocketEvents): { send(text: string): void; close(): void };
  now(): number;
  /** Calls `then` once after so many milliseconds; the answer cancels it. */
  after(delayMs: number, then: () => void): () => void;
}

/** A call that left and was not answered, or could not leave. Whether it was done is not known. */
export class LinkLost extends Error {
  override name = 'LinkLost';
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A piece of a log: where it starts and where the next one does, in bytes. */
export type LogOutput = { offset: number; next: number; data: string; finished: boolean };

export interface Link extends Transport {
  readonly state: Observable<LinkState>;
  /** Newest sequence number heard of; undefined before the first subscription. */
  seq(): number | undefined;
  /** Notices after `seq`, now and after every reconnect from the last one heard. */
  subscribe(seq: number): void;
  onNotice(then: (notice: Notice) => void): void;
  /** Live bytes of a log; goes on by itself after a reconnect. The answer stops it. */
  follow(runId: string, stream: string, offset: number, then: (output: LogOutput) => void): () => void;
  /** One piece of an upload; see the frame. */
  chunk(piece: { upload: string; offset: number; data: string; last: boolean }): Promise<{ status: number; body: unknown }>;
  /** Connects at once instead of waiting for the next try. */
  retry(): void;
  close(): void;
}

const PING_MS = 20_000;
const SILENCE_MS = 45_000;
/** Who is turned away at the door knocks again, but seldom: it may only have been full. */
const REFUSED_MS = 30_000;
const HANDSHAKE_MS = 8_000;
const BACK_OFF_MS = [250, 500, 1_000, 2_000, 5_000] as const;

const END_BY_CODE: Readonly<Record<number, LinkState>> = {
  [CLOSE.unauthorized]: { is: 'unpaired' },
  [CLOSE.revoked]: { is: 'revoked' },
  [CLOSE.version]: { is: 'version' },
};

/** Opens one connection and keeps it open until it is refused or closed. */
export function openLink(parts: LinkParts): Link {
  const state = openObservable<LinkState>({ is: 'connecting' });
  const calls = new Map<string, { resolve: (reply: { status: number; body: unknown }) => void; reject: (lost: LinkLost) => void }>();
  const follows = new Map<string, { runId: string; stream: string; offset: number; then: (output: LogOutput) => void }>();
  const noticed: ((notice: Notice) => void)[] = [];
  let socket: ReturnType<LinkParts['open']> | undefined;
  let generation = 0;
  let tries = 0;
  let nextCall = 1;
  let lastSeq: number | undefined;
  let heardAt = 0;
  let cancelRetry: (() => void) | undefined;
  let cancelPing: (() => void) | undefined;
  let lostAt: number | undefined;
  let wasTurnedAway = false;
  let closed = false;

  function send(frame: ClientFrame): void {
    socket?.send(JSON.stringify(frame));
  }

  function connect(): void {
    cancelRetry?.();
    cancelRetry = undefined;
    generation += 1;
    const mine = generation;
    const nc = nonce();
    cancelPing = parts.after(HANDSHAKE_MS, () => lose(CLOSE.goingAway));
    socket = parts.open({
      opened: () => mine === generation && send({ v: 1, type: 'hello', device: parts.device, nc, protocol: PROTOCOL }),
      closed: (code) => mine === generation && lose(code),
      refused() {
        if (mine !== generation) return;
        drop();
        state.set({ is: 'forbidden' });
        cancelRetry = parts.after(REFUSED_MS, connect);
      },
      received(data) {
        if (mine !== generation || typeof data !== 'string') return;
        heardAt = parts.now();
        const frame = readFrame(data);
        if (!frame) return;
        if (frame.type === 'challenge') void answer(mine, nc, frame.ns, frame.mac);
        else receive(frame);
      },
    });
  }

  async function answer(mine: number, nc: string, ns: string, mac: string): Promise<void> {
    const honest = sameMac(mac, await daemonMac(parts.key, nc, ns, parts.origin));
    const proof = await clientMac(parts.key, nc, ns, parts.origin);
    if (mine !== generation) return;
    if (honest) {
      send({ v: 1, type: 'proof', mac: proof });
      return;
    }
    drop();
    state.set({ is: 'impostor' });
    retryLater();
  }

  function receive(frame: Exclude<DaemonFrame, { type: 'challenge' }>): void {
    switch (frame.type) {
      case 'ready': {
        tries = 0;
        lostAt = undefined;
        wasTurnedAway = false;
        if (lastSeq !== undefined) send({ v: 1, type: 'subscribe', after: lastSeq });
        for (const { runId, stream, offset } of follows.values()) send({ v: 1, type: 'follow', runId, stream, offset });
        ping();
        state.set({ is: 'ready', user: frame.user, role: ROLES.find((role) => role === frame.role) ?? 'viewer' });
        return;
      }
      case 'reply':
        calls.get(frame.id)?.resolve({ status: frame.status, body: frame.body });
        calls.delete(frame.id);
        return;
      case 'notice':
        if (lastSeq !== undefined && frame.notice.seq < lastSeq) return;
        lastSeq = frame.notice.seq;
        for (const then of noticed) then(frame.notice);
        return;
      case 'output': {
        const follow = follows.get(`${frame.runId}/${frame.stream}`);
        if (!follow || frame.offset < follow.offset) return;
        follow.offset = frame.next;
        follow.then({ offset: frame.offset, next: follow.offset, data: frame.data, finished: frame.finished });
        return;
      }
      case 'pong':
        return;
    }
  }

  function ping(): void {
    cancelPing?.();
    cancelPing = parts.after(PING_MS, () => {
      if (parts.now() - heardAt > SILENCE_MS) {
        lose(CLOSE.goingAway);
        return;
      }
      send({ v: 1, type: 'ping' });
      ping();
    });
  }

  /** Lets go of the socket; what was asked on it stays unanswered. */
  function drop(): void {
    generation += 1;
    cancelPing?.();
    const old = socket;
    socket = undefined;
    old?.close();
    for (const call of calls.values()) call.reject(new LinkLost('The connection was lost before the answer came.'));
    calls.clear();
  }

  function lose(code: number): void {
    drop();
    if (closed) return;
    // The daemon's ledger does not reach to where we were: it is another one, so begin anew.
    if (code === CLOSE.badFrame) lastSeq = undefined;
    // The daemon says the same of a proof that comes too late, as after a sleep: only who is told so twice is unknown there.
    const mayBeLate = code === CLOSE.unauthorized && !wasTurnedAway;
    wasTurnedAway ||= mayBeLate;
    const end = mayBeLate ? undefined : END_BY_CODE[code];
    if (end) {
      state.set(end);
      return;
    }
    lostAt ??= parts.now();
    const { is } = state.get();
    if (is !== 'impostor' && is !== 'offline' && !(mayBeLate && is === 'connecting')) state.set({ is: 'offline', since: lostAt });
    retryLater();
  }

  function retryLater(): void {
    cancelRetry?.();
    cancelRetry = parts.after(BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length - 1)]!, connect);
    tries += 1;
  }

  /** Sends what is answered by a reply of its id. */
  function ask(frame: DistributiveOmit<ClientFrame & { type: 'call' | 'chunk' }, 'v' | 'id'>): Promise<{ status: number; body: unknown }> {
    if (state.get().is !== 'ready') return Promise.reject(new LinkLost('Not connected.'));
    const id = String(nextCall++);
    return new Promise((resolve, reject) => {
      calls.set(id, { resolve, reject });
      send({ v: 1, id, ...frame });
    });
  }

  connect();

  return {
    state,
    seq: () => lastSeq,
    subscribe(seq) {
      lastSeq = seq;
      // Before the proof the daemon takes it for a stranger's word; then it is sent with the rest that goes on.
      if (state.get().is === 'ready') send({ v: 1, type: 'subscribe', after: seq });
    },
    onNotice: (then) => noticed.push(then),
    call: ({ door, params, query, body, key }) =>
      ask({
        type: 'call',
        door,
        ...(params && { params }),
        ...(query && { query }),
        ...(body !== undefined && { body }),
        ...(key && { key }),
      }),
    chunk: (piece) => ask({ type: 'chunk', ...piece }),
    follow(runId, stream, offset, then) {
      const name = `${runId}/${stream}`;
      follows.set(name, { runId, stream, offset, then });
      if (state.get().is === 'ready') send({ v: 1, type: 'follow', runId, stream, offset });
      return () => {
        if (follows.get(name)?.then !== then) return;
        follows.delete(name);
        if (state.get().is === 'ready') send({ v: 1, type: 'follow', runId, stream, offset: 0, stop: true });
      };
    },
    retry() {
      const { is } = state.get();
      if (closed || is === 'ready' || !cancelRetry) return;
      tries = 0;
      connect();
    },
    close() {
      closed = true;
      cancelRetry?.();
      drop();
    },
  };
}

/** A frame of the daemon, or undefined when it is of a kind not known here. */
function readFrame(text: string): DaemonFrame | undefined {
  try {
    const parsed = DaemonFrame.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
