import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import * as z from 'zod/mini';
import { CLOSE, ClientFrame, type DaemonFrame } from '#shared/socket.ts';
import type { DoorContext } from './door-context.ts';
import type { DoorDevice } from './handlers.ts';
import { type Refusal, refusal } from './problem.ts';
import { createHandshake } from './socket-handshake.ts';
import { openSession, type Session, type SessionLink } from './socket-session.ts';
import { createTokenBucket } from './token-bucket.ts';

/** An upgrade that the guard has admitted. */
export interface AdmittedUpgrade {
  origin: string;
  requestId: string;
  traceId: string;
}

export interface SocketDoor {
  /** Upgrades, or says why not; `malformed` is called when the handshake of the protocol itself is broken. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, admitted: AdmittedUpgrade): Refusal | undefined;
  /** Tells every client that the daemon goes away. */
  endAll(): void;
  /** Cuts whatever is still open. */
  terminateAll(): void;
}

/** Frames of a handshake are small; what is larger was sent by nobody we know. */
const HANDSHAKE_FRAME_BYTES = 1_024;
const HANDSHAKE_FRAMES = 4;

/** The WebSocket side of the door: bounds on sockets and frames, the handshake, then a session each. */
export function openSocketDoor(
  context: DoorContext,
  malformed: (socket: Duplex, request: IncomingMessage, message: string) => void,
): SocketDoor {
  const { limits } = context;
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.frameBytes,
    maxFragments: 64,
  });
  wss.on('wsClientError', (error, socket, request) => malformed(socket, request, error.message));
  const open = new Set<WebSocket>();
  let strangers = 0;

  return {
    upgrade(request, socket, head, admitted) {
      if (open.size >= limits.sockets) return refusal('degraded', `At most ${limits.sockets} sockets at once.`);
      if (strangers >= limits.strangers) return refusal('degraded', 'Too many sockets have not yet said who they are.');
      wss.handleUpgrade(request, socket, head, (ws) => {
        open.add(ws);
        strangers += 1;
        let counted = true;
        const known = () => {
          if (counted) strangers -= 1;
          counted = false;
        };
        ws.once('close', () => {
          open.delete(ws);
          known();
        });
        serve(ws, admitted, known, context);
      });
      return undefined;
    },
    endAll() {
      for (const ws of open) ws.close(CLOSE.goingAway, 'the daemon is stopping');
    },
    terminateAll() {
      for (const ws of open) ws.terminate();
    },
  };
}

function serve(ws: WebSocket, { origin, requestId, traceId }: AdmittedUpgrade, known: () => void, context: DoorContext): void {
  const { store, limits, clock, audit } = context;
  const mayTake = createTokenBucket(clock, limits.framesPerSecond, limits.frameBurst);
  const handshake = createHandshake(origin, context.port, store);
  let session: Session | undefined;
  let closing = false;

  const link: SessionLink = {
    send(text) {
      if (ws.readyState === ws.OPEN) ws.send(text);
    },
    say(frame: DaemonFrame) {
      // Judged before, not after: one large reply may be sent, a second one only to somebody who reads.
      if (ws.bufferedAmount > limits.unreadBytes) return link.drop('it does not read');
      link.send(JSON.stringify(frame));
    },
    unread: () => ws.bufferedAmount,
    whenTaken: (then) => ws.ping(undefined, undefined, () => then()), // written in order: its callback comes after all before it
    drop(why) {
      context.log('debug', 'a socket was dropped', { requestId, why });
      closing = true;
      session?.end();
      ws.terminate();
    },
    fail(error) {
      context.log('error', 'a socket failed inside', { requestId, detail: error instanceof Error ? error.stack : String(error) });
      link.close(CLOSE.internal, 'Codex Builder itself failed');
    },
    close(code, reason) {
      closing = true;
      session?.end();
      ws.close(code, reason);
    },
  };
  const turnAway = (code: number, reason: string, device?: DoorDevice) => {
    audit.refused({ actor: device?.user ?? 'nobody', deviceId: device?.id, subject: 'ws', code: 'unauthorized', requestId, traceId });
    link.close(code, reason);
  };

  const cancelDeadline = clock.after(limits.proofMs, () => turnAway(CLOSE.unauthorized, 'the proof did not come in time'));
  let forgetRevocation = () => {};

  const greet = async (frame: ClientFrame) => {
    const step = await handshake(frame);
    if (closing) return;
    if (step.step === 'refuse') return turnAway(step.close, step.reason, step.device);
    if (step.step === 'ready') {
      const { id } = step.device;
      cancelDeadline();
      known();
      context.touch(id);
      forgetRevocation = store.onDeviceRevoked((deviceId) => {
        if (deviceId === id) link.close(CLOSE.revoked, 'this device was revoked');
      });
      session = openSession(step.device, origin, link, context);
    }
    link.say(step.frame);
  };

  let greeting = Promise.resolve();
  let greetings = 0;
  ws.on('message', (data: Buffer, isBinary) => {
    if (closing) return;
    if (!mayTake()) return link.close(CLOSE.overload, 'too many frames');
    if (!session && (data.length > HANDSHAKE_FRAME_BYTES || ++greetings > HANDSHAKE_FRAMES)) {
      return turnAway(CLOSE.unauthorized, 'this is no handshake');
    }
    const frame = isBinary ? undefined : parseFrame(data);
    if (!frame) {
      return session ? link.close(CLOSE.badFrame, 'this frame is not known') : turnAway(CLOSE.unauthorized, 'this is no handshake');
    }
    if (session) return session.take(frame);
    // In order, and once proved the rest of what was sent ahead goes to the session.
    greeting = greeting.then(() => (session ? session.take(frame) : closing ? undefined : greet(frame)));
    greeting.catch((error: unknown) => link.fail(error));
  });
  ws.on('ping', () => {
    if (!closing && !mayTake()) link.close(CLOSE.overload, 'too many frames');
  });
  ws.on('error', (error) => context.log('debug', 'a socket failed', { requestId, detail: error.message })); // ws closes it with the right code
  ws.once('close', () => {
    closing = true;
    cancelDeadline();
    forgetRevocation();
    session?.end();
  });
}

function parseFrame(data: Buffer): ClientFrame | undefined {
  try {
    const parsed = z.safeParse(ClientFrame, JSON.parse(data.toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // not JSON
  }
}
