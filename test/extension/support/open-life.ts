import { WebSocket } from 'ws';
import { socketKey } from '#shared/pairing.ts';
import type { Notice } from '#shared/stream.ts';
import type { PairedDaemon } from '../../../extension/background/paired-daemon.ts';
import { openService, type Service } from '../../../extension/background/service.ts';
import type { Shelves } from '../../../extension/background/shelves.ts';
import { EXTENSION, type OpenDoor } from '../../http/support/open-door.ts';

/** A pairing with a listening door's extension device. */
export async function pairingOf(door: OpenDoor, more: Partial<PairedDaemon> = {}): Promise<PairedDaemon> {
  return {
    id: 'dmn_0000000000000001',
    address: `http://127.0.0.1:${door.port}`,
    deviceId: door.extension.device.id,
    deviceName: 'Laptop',
    key: await socketKey(door.extension.secretHex),
    pairedAt: 0,
    origins: [],
    patterns: [],
    ...more,
  };
}

/** One life of the background over real sockets: what the browser does is done by Node. */
export async function openLife(
  shelves: Shelves,
): Promise<{ service: Service; heard: number[]; notices: Notice[]; sockets(): number; end(): void }> {
  const heard: number[] = [];
  const notices: Notice[] = [];
  const sockets = new Set<WebSocket>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const service = await openService({
    shelves,
    origin: EXTENSION,
    open: (address) => (events) => {
      const socket = new WebSocket(`${address.replace('http', 'ws')}/ws`, { origin: EXTENSION });
      sockets.add(socket);
      socket.on('open', () => events.opened());
      socket.on('message', (data) => events.received(data.toString()));
      socket.on('unexpected-response', (request) => {
        request.destroy();
        events.refused?.();
      });
      socket.on('error', () => {}); // told by close
      socket.on('close', (code) => events.closed(code));
      return { send: (text) => socket.send(text), close: () => socket.close() };
    },
    now: Date.now,
    after(delayMs, then) {
      const timer = setTimeout(then, delayMs);
      timers.add(timer);
      return () => clearTimeout(timer);
    },
    heard: (_daemonId, { seq }) => heard.push(seq),
    noticed: (_daemonId, notice) => notices.push(notice),
  });
  return {
    service,
    heard,
    notices,
    /** Open, or about to be. */
    sockets: () => [...sockets].filter(({ readyState }) => readyState === WebSocket.OPEN || readyState === WebSocket.CONNECTING).length,
    /** As when the browser stops it: nothing is said, timers are gone. */
    end() {
      for (const timer of timers) clearTimeout(timer);
      service.links.reconcile([]);
    },
  };
}
