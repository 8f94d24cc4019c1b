import { API, type DoorName } from '#shared/api.ts';
import { ERROR_STATUS } from '#shared/errors.ts';
import { CLOSE, type ClientFrame, type DaemonFrame } from '#shared/socket.ts';
import type { Notice } from '#shared/stream.ts';
import { callDoor } from './call-door.ts';
import type { DoorContext } from './door-context.ts';
import type { DoorDevice, HandledDoor, LogPiece } from './handlers.ts';
import { pairRefusal } from './mount.ts';
import { problemBody, refusal } from './problem.ts';
import { type Outlet, pump } from './pump.ts';
import { openUploads } from './socket-upload.ts';

export interface SessionLink extends Outlet {
  say(frame: DaemonFrame): void;
  /** Logs a failure of our own and closes. */
  fail(error: unknown): void;
  close(code: number, reason: string): void;
}

export interface Session {
  take(frame: ClientFrame): void;
  end(): void;
}

/** What a proved socket may do: call doors exactly as over HTTP, follow notices and logs, ping. */
export function openSession(
  { id: deviceId, user }: Pick<DoorDevice, 'id' | 'user'>,
  origin: string,
  link: SessionLink,
  context: DoorContext,
): Session {
  const { store, clock, limits, ids } = context;
  let unsubscribe = () => {};
  const follows = new Map<string, () => void>();
  const uploads = openUploads(deviceId, context, (id, status, body) => link.say({ v: 1, type: 'reply', id, status, body }));

  const call = async (frame: ClientFrame & { type: 'call' }) => {
    const requestId = ids.next('req');
    const reply = (status: number, body: unknown) => link.say({ v: 1, type: 'reply', id: frame.id, status, body });
    const refuse = (code: 'not_found' | 'bad_request', message: string) =>
      reply(ERROR_STATUS[code], problemBody(refusal(code, message), requestId));
    if (!Object.hasOwn(API, frame.door)) return refuse('not_found', 'There is no such door.');
    const door = frame.door as DoorName;
    if (door === 'createArtifact') return refuse('bad_request', 'Bytes are sent in chunks, or over HTTP.');
    // Read anew for each call, so that a changed role or a revocation holds from the next one on.
    const device = store.findById(deviceId)?.device;
    if (!device || device.revokedAt !== undefined) return link.close(CLOSE.revoked, 'this device was revoked');
    context.touch(deviceId);
    const answer = await callDoor(context, {
      door: door satisfies HandledDoor,
      device,
      origin,
      key: frame.key,
      requestId,
      traceId: ids.randomHex(16),
      input: () => Promise.resolve({ ok: true, params: frame.params, query: frame.query, body: frame.body }),
      ...(door === 'pair' ? { alsoRefuse: (body: unknown) => pairRefusal(body, origin, context.port) } : {}),
    });
    return reply(answer.status, answer.body);
  };

  const subscribe = ({ after }: ClientFrame & { type: 'subscribe' }) => {
    const newest = store.newestSeq();
    if (!isPosition(after) || after > newest) return link.close(CLOSE.badFrame, `the newest sequence number is ${newest}`);
    unsubscribe();
    unsubscribe = pump<Notice>(
      {
        open: (from, onNotice) => store.subscribe({ after: from, user, onNotice }),
        after: (notice) => notice.seq,
        text: (notice) => JSON.stringify({ v: 1, type: 'notice', notice } satisfies DaemonFrame),
      },
      after,
      link,
      clock,
      limits,
    );
  };

  const follow = ({ runId, stream, offset, stop }: ClientFrame & { type: 'follow' }) => {
    const name = `${runId} ${stream}`;
    follows.get(name)?.();
    follows.delete(name);
    if (stop) return;
    if (!isPosition(offset)) return link.close(CLOSE.badFrame, 'an offset is a whole number of bytes');
    if (follows.size >= limits.follows) return link.close(CLOSE.overload, `at most ${limits.follows} logs at once`);
    follows.set(
      name,
      pump<LogPiece>(
        {
          open(from, onOutput) {
            const end = store.followLog({ runId, stream, offset: from, onOutput });
            if (!end) onOutput({ offset: from, next: from, data: '', finished: true }); // no such log: nothing will come
            return end ?? (() => {});
          },
          after: (piece) => piece.next,
          text: ({ offset: at, next, data, finished }) =>
            JSON.stringify({ v: 1, type: 'output', runId, stream, offset: at, next, data, finished } satisfies DaemonFrame),
        },
        offset,
        link,
        clock,
        limits,
      ),
    );
  };

  const act = (frame: ClientFrame) => {
    switch (frame.type) {
      case 'call':
        call(frame).catch(link.fail);
        return;
      case 'chunk':
        uploads.take(frame).catch(link.fail);
        return;
      case 'subscribe':
        return subscribe(frame);
      case 'follow':
        return follow(frame);
      case 'ping':
        return link.say({ v: 1, type: 'pong' });
      case 'hello':
      case 'proof':
        return link.close(CLOSE.badFrame, 'the handshake is over');
    }
  };

  return {
    take(frame) {
      try {
        act(frame);
      } catch (error) {
        link.fail(error);
      }
    },
    end() {
      unsubscribe();
      uploads.end();
      for (const stop of follows.values()) stop();
      follows.clear();
    },
  };
}

function isPosition(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
