import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod/mini';
import { ErrorBody } from '#shared/errors.ts';
import { Notice } from '#shared/stream.ts';
import type { Daemon } from './connect.ts';
import { Refused } from './door-call.ts';
import { open, parsed, Unreachable } from './http-call.ts';

/** How long to wait before each next try to come back; after the last one the stream is given up. */
const PAUSES_MS = [200, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** A notice with the number to go on after. Without a notice: a connection was made, so what is only hinted at may have been missed; or it is of an unknown kind. */
export interface Numbered {
  seq: number;
  notice: Notice | undefined;
}

/**
 * Notices after a sequence number, those of the past first. A connection that is lost is made again after the last number
 * that was handed out, so no fact is left out and none comes twice. Ends when the signal is aborted.
 */
export async function* notices(
  { url, token }: Pick<Daemon, 'url' | 'token'>,
  after: number,
  signal: AbortSignal,
  onLost: () => void,
): AsyncGenerator<Numbered, void, undefined> {
  let seq = after;
  for (let tries = 0; !signal.aborted; ) {
    try {
      const headers = { 'last-event-id': String(seq) };
      const reply = await open({ url: `${url}/api/events`, method: 'GET', token, headers }, signal);
      if (reply.statusCode !== 200) throw new Refused(await refusalOf(reply));
      yield { seq, notice: undefined };
      for await (const frame of framesOf(reply)) {
        tries = 0;
        // Only facts have a number of their own; what hints that something else has changed carries that of the fact before it.
        if (frame === undefined || (frame.notice?.type === 'run' && frame.seq <= seq)) continue;
        seq = Math.max(seq, frame.seq);
        yield frame;
      }
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (signal.aborted) return;
      if (tries === PAUSES_MS.length) throw new Unreachable(url, { mayBeDone: false, cause: error });
    }
    if (signal.aborted) return;
    if (tries === 1) onLost();
    const pause = PAUSES_MS[tries++];
    if (pause === undefined) throw new Unreachable(url, { mayBeDone: false });
    await delay(pause, undefined, { signal }).catch(() => {});
  }
}

/** The frames of an event stream; undefined for one that only says that the other side is there. */
async function* framesOf(reply: IncomingMessage): AsyncGenerator<Numbered | undefined, void, undefined> {
  let text = '';
  reply.setEncoding('utf8');
  for await (const chunk of reply) {
    text += chunk as string;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield frameOf(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
}

function frameOf(text: string): Numbered | undefined {
  const id = /^id: (\d+)$/m.exec(text)?.[1];
  const data = /^data: (.*)$/m.exec(text)?.[1];
  if (data === undefined) return undefined;
  const read = z.safeParse(Notice, parsed(Buffer.from(data)));
  const seq = id === undefined ? (read.success ? read.data.seq : undefined) : Number(id);
  return seq === undefined ? undefined : { seq, notice: read.success ? read.data : undefined };
}

async function refusalOf(reply: IncomingMessage): Promise<Refused['failure']> {
  const chunks: Buffer[] = [];
  for await (const chunk of reply) chunks.push(chunk as Buffer);
  const status = reply.statusCode ?? 0;
  const refused = z.safeParse(ErrorBody, parsed(Buffer.concat(chunks)));
  if (refused.success) return { ok: false, status, ...refused.data.error };
  return { ok: false, status, code: 'unreadable_reply', message: `The daemon answered ${status} in a form this client does not know.` };
}
