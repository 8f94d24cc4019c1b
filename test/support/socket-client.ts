import { WebSocket } from 'ws';
import * as z from 'zod/mini';
import { type DoorName, PROTOCOL } from '#shared/api.ts';
import type { Transport } from '#shared/client.ts';
import { clientMac, daemonMac, nonce, sameMac, socketKey } from '#shared/pairing.ts';
import { type ClientFrame, DaemonFrame } from '#shared/socket.ts';

export interface SocketIdentity {
  port: number;
  deviceId: string;
  secretHex: string;
  /** Sent with the upgrade and part of both proofs; the page's own by default. */
  origin?: string;
}

/** A socket of Node that speaks the daemon's frames. */
export interface FrameSocket {
  ws: WebSocket;
  say(frame: ClientFrame | Record<string, unknown>): void;
  /** The next frame that fits, of those not yet given out; rejects when the socket closes first. */
  next<T extends DaemonFrame['type']>(type: T, fits?: (frame: DaemonFrame & { type: T }) => boolean): Promise<DaemonFrame & { type: T }>;
  closed: Promise<{ code: number; reason: string }>;
}

export interface SocketClient extends FrameSocket {
  ready: DaemonFrame & { type: 'ready' };
  call(door: DoorName | string, request?: Partial<ClientFrame & { type: 'call' }>): Promise<{ status: number; body: unknown }>;
  transport: Transport;
  close(): Promise<void>;
}

/** Opens the socket without saying anything; rejects with the HTTP status when the upgrade is refused. */
export function openFrameSocket(port: number, origin: string, headers: Record<string, string> = {}): Promise<FrameSocket> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, { origin, headers, perMessageDeflate: false });
  const unread: DaemonFrame[] = [];
  const waiting = new Set<{ look: () => void; fail: (error: Error) => void }>();
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.once('close', (code, reason) => {
      for (const { fail } of waiting) fail(new Error(`closed ${code} ${reason}`));
      resolve({ code, reason: reason.toString() });
    });
  });
  ws.on('message', (data) => {
    unread.push(z.parse(DaemonFrame, JSON.parse(data.toString())));
    for (const { look } of waiting) look();
  });
  const socket: FrameSocket = {
    ws,
    closed,
    say: (frame) => ws.send(JSON.stringify(frame)),
    next: (type, fits = () => true) =>
      new Promise((resolve, reject) => {
        const entry = {
          look() {
            const at = unread.findIndex((frame) => frame.type === type && fits(frame as never));
            if (at === -1) return false;
            waiting.delete(entry);
            resolve(unread.splice(at, 1)[0] as never);
            return true;
          },
          fail: reject,
        };
        if (entry.look()) return;
        if (ws.readyState === ws.CLOSED) reject(new Error('closed'));
        else waiting.add(entry);
      }),
  };
  return new Promise((resolve, reject) => {
    ws.once('open', () => resolve(socket));
    ws.once('unexpected-response', (request, response) => {
      request.destroy();
      reject(new Error(`refused ${response.statusCode}`));
    });
    ws.once('error', reject);
    ws.on('error', () => {}); // told by `closed`
  });
}

/** Says hello and answers the challenge; rejects when the daemon cannot prove itself, before sending any proof. */
export async function shakeHands(
  socket: FrameSocket,
  { port, deviceId, secretHex, origin }: SocketIdentity,
): Promise<SocketClient['ready']> {
  const key = await socketKey(secretHex);
  const from = origin ?? `http://127.0.0.1:${port}`;
  const nc = nonce();
  socket.say({ v: 1, type: 'hello', device: deviceId, nc, protocol: PROTOCOL });
  const { ns, mac } = await socket.next('challenge');
  if (!sameMac(mac, await daemonMac(key, nc, ns, from))) {
    socket.ws.terminate();
    throw new Error('whoever answers is not the daemon');
  }
  socket.say({ v: 1, type: 'proof', mac: await clientMac(key, nc, ns, from) });
  return socket.next('ready');
}

/** A proved socket to a daemon, for tests that want the WebSocket side of the door. */
export async function openSocketClient(identity: SocketIdentity): Promise<SocketClient> {
  const socket = await openFrameSocket(identity.port, identity.origin ?? `http://127.0.0.1:${identity.port}`);
  const ready = await shakeHands(socket, identity);
  let calls = 0;
  const client: SocketClient = {
    ...socket,
    ready,
    async call(door, request = {}) {
      const id = `call-${++calls}`;
      socket.say({ v: 1, type: 'call', id, door, ...request });
      const { status, body } = await socket.next('reply', (reply) => reply.id === id);
      return { status, body };
    },
    transport: { call: ({ door, ...request }) => client.call(door, request as Partial<ClientFrame & { type: 'call' }>) },
    async close() {
      socket.ws.close();
      await socket.closed;
    },
  };
  return client;
}
