import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Hono } from 'hono';
import type { Notice } from '#shared/stream.ts';
import type { DoorContext, DoorEnv } from './door-context.ts';
import { refusal } from './problem.ts';
import { pump } from './pump.ts';
import { signIn, turnAway } from './sign-in.ts';

const EVENTS_PATH = '/api/events';
const SEQ = /^\d{1,15}$/;

/**
 * Notices as server-sent events, for scripts: `id` is the sequence number, and
 * a client that sends it back (Last-Event-ID or ?after=) misses and repeats nothing.
 * Answers how to end every stream.
 */
export function mountEventStream(app: Hono<DoorEnv>, context: DoorContext): () => void {
  const { store, clock, limits } = context;
  const open = new Set<() => void>();

  app.get(EVENTS_PATH, (c) => {
    const found = signIn(c, context, 'events', 'viewer');
    if (!found.ok) return found.response;
    const { device } = found;
    const { admitted, outgoing } = c.env;
    const query = new URLSearchParams(admitted.search);
    const from = admitted.header('last-event-id') ?? query.get('after') ?? String(store.newestSeq());
    const unknown = [...query.keys()].find((key) => key !== 'after');
    if (unknown !== undefined || query.getAll('after').length > 1 || !SEQ.test(from)) {
      return turnAway(
        c,
        context,
        'events',
        refusal('bad_request', 'Resume with one sequence number, in Last-Event-ID or ?after=.'),
        device,
      );
    }
    const newest = store.newestSeq();
    if (Number(from) > newest) {
      const refused = refusal('stale', `The newest sequence number is ${newest}; read the status and start from there.`, { newest });
      return turnAway(c, context, 'events', refused, device);
    }
    if (open.size >= limits.sockets) {
      return turnAway(c, context, 'events', refusal('degraded', `At most ${limits.sockets} streams at once.`), device);
    }

    outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
    outgoing.flushHeaders();
    let cancelHeartbeat = () => {};
    const send = (text: string) => {
      if (!outgoing.writableEnded && !outgoing.destroyed) outgoing.write(text);
    };
    const beat = () => {
      cancelHeartbeat = clock.after(limits.heartbeatMs, () => {
        if (outgoing.writableLength <= limits.replayBytes) send(': still here\n\n');
        beat();
      });
    };
    const end = () => outgoing.end();
    open.add(end);
    send(`id: ${Number(from)}\n\n`); // so that whoever is cut off before the first notice resumes from here, not from later
    const forgetRevocation = store.onDeviceRevoked((deviceId) => {
      if (deviceId === device.id) end();
    });
    const stop = pump<Notice>(
      {
        open: (after, onNotice) => store.subscribe({ after, user: device.user, onNotice }),
        after: (notice) => notice.seq,
        // Only what has a place of its own in the order has an id: a hint is no step, and is not to be seen as one twice.
        text: (notice) => `${notice.type === 'run' ? `id: ${notice.seq}\n` : ''}event: ${notice.type}\ndata: ${JSON.stringify(notice)}\n\n`,
      },
      Number(from),
      {
        send,
        unread: () => outgoing.writableLength,
        whenTaken: (then) => outgoing.once('drain', then),
        drop(why) {
          context.log('debug', 'an event stream was dropped', { requestId: c.env.requestId, device: device.id, why });
          outgoing.destroy();
        },
      },
      clock,
      limits,
    );
    beat();
    outgoing.once('close', () => {
      open.delete(end);
      cancelHeartbeat();
      forgetRevocation();
      stop();
    });
    return RESPONSE_ALREADY_SENT;
  });

  return () => {
    for (const end of open) end();
  };
}
