import { type ClientRequest, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod/mini';
import { DaemonFrame } from '#shared/socket.ts';
import { Notice } from '#shared/stream.ts';
import { openFrameSocket, type SocketIdentity, shakeHands } from './socket-client.ts';

/** A client that is cut off all the time, and resumes from what it saw last. */
export interface RestlessClient {
  /** Position the first connection began at. */
  begun(): number;
  /** Sequence numbers of the `run` notices, as they came. */
  seqs: readonly number[];
  /** How often each other kind of notice came. */
  hints: ReadonlyMap<string, number>;
  connections(): number;
  /** Settles when it has seen this number; it is cut off no more from then on. */
  until(seq: number): Promise<void>;
  end(): Promise<void>;
}

interface Wire {
  closed: Promise<unknown>;
  cut(): void;
}
type Open = (position: number | undefined, on: { position(seq: number): void; notice(notice: Notice): void }) => Promise<Wire>;

/** Connects again and again, a moment after each end; `chance` says after which notices it cuts itself off. */
function restless(open: Open, chance: () => boolean): RestlessClient {
  const seqs: number[] = [];
  const hints = new Map<string, number>();
  let position: number | undefined;
  let begun: number | undefined;
  let connections = 0;
  let calm = false;
  let over = false;
  let wire: Wire | undefined;
  let look = () => {};

  const life = (async () => {
    while (!over) {
      try {
        let cutting = false;
        wire = undefined;
        wire = await open(position, {
          position(seq) {
            begun ??= seq;
            position = seq;
          },
          notice(notice) {
            if (cutting) return; // what arrives after the cut was not seen
            if (notice.type === 'run') {
              seqs.push(notice.seq);
              position = notice.seq;
            } else hints.set(notice.type, (hints.get(notice.type) ?? 0) + 1);
            look();
            if (!calm && chance()) {
              cutting = true;
              wire?.cut();
            }
          },
        });
        connections += 1;
        if (cutting || over) wire.cut(); // it was to be cut before it was in hand
        await wire.closed;
      } catch {
        // Nobody answers just now.
      }
      if (!over) await delay(20);
    }
  })();
  return {
    begun: () => begun!,
    seqs,
    hints,
    connections: () => connections,
    until: (seq) =>
      new Promise((resolve) => {
        look = () => {
          if ((seqs.at(-1) ?? 0) < seq) return;
          calm = true;
          resolve();
        };
        look();
      }),
    async end() {
      over = true;
      wire?.cut();
      await life;
    },
  };
}

/** Of server-sent events, as a script would read them: only what the stream itself says is its position is sent back. */
export function restlessEvents(port: number, token: string, chance: () => boolean): RestlessClient {
  return restless(
    (position, on) =>
      new Promise((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${token}`,
          'x-codex-builder-protocol': '1',
          ...(position === undefined ? {} : { 'last-event-id': String(position) }),
        };
        const request: ClientRequest = get({ host: '127.0.0.1', port, path: '/api/events', agent: false, headers }, (response) => {
          if (response.statusCode !== 200) {
            response.resume();
            return reject(new Error(`refused ${response.statusCode}`));
          }
          let text = '';
          response.on('error', () => {}); // told by `closed`
          const closed = new Promise((done) => response.once('close', done));
          resolve({ closed, cut: () => response.destroy() });
          response.setEncoding('utf8').on('data', (chunk: string) => {
            const blocks = (text + chunk).split('\n\n');
            text = blocks.pop()!;
            for (const block of blocks) {
              const fields = new Map(
                block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
              );
              const data = fields.get('data');
              const id = fields.get('id');
              if (data !== undefined) on.notice(z.parse(Notice, JSON.parse(data)));
              else if (id !== undefined) on.position(Number(id));
            }
          });
        });
        request.on('error', reject);
      }),
    chance,
  );
}

/** Of the socket, from a position on. */
export function restlessSocket(identity: SocketIdentity, from: number, chance: () => boolean): RestlessClient {
  return restless(async (position, on) => {
    const socket = await openFrameSocket(identity.port, `http://127.0.0.1:${identity.port}`);
    await shakeHands(socket, identity);
    if (position === undefined) on.position(from);
    socket.ws.on('message', (data) => {
      const frame = z.parse(DaemonFrame, JSON.parse(data.toString()));
      if (frame.type === 'notice') on.notice(frame.notice);
    });
    socket.say({ v: 1, type: 'subscribe', after: position ?? from });
    return { closed: socket.closed, cut: () => socket.ws.terminate() };
  }, chance);
}
