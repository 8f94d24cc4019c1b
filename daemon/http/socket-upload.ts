import { PassThrough } from 'node:stream';
import { API } from '#shared/api.ts';
import { ERROR_STATUS } from '#shared/errors.ts';
import type { ClientFrame } from '#shared/socket.ts';
import type { DoorContext } from './door-context.ts';
import { mayUse } from './identify.ts';
import { problemBody, type Refusal, refusal } from './problem.ts';
import { tooLarge } from './read-body.ts';

type Chunk = ClientFrame & { type: 'chunk' };

/** Base64 that one encoder and no other would have written. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The door `createArtifact` on a socket: a client without Bearer sends a picture in pieces. One at
 * a time; each piece is answered when it was taken, so a client is never further ahead than one.
 */
export function openUploads(deviceId: string, context: DoorContext, reply: (id: string, status: number, body: unknown) => void) {
  const { store, limits, ids, audit } = context;
  let current: { upload: string; received: number; stream: PassThrough; stored: ReturnType<typeof store.putArtifact> } | undefined;

  function drop(): void {
    current?.stream.destroy(new Error('the upload was cut off'));
    current = undefined;
  }

  function begin(upload: string): NonNullable<typeof current> {
    drop();
    const stream = new PassThrough();
    stream.on('error', () => {}); // the store sees it too, and says `broken`
    const stored = store.putArtifact(stream, limits.artifactBytes);
    current = { upload, received: 0, stream, stored };
    return current;
  }

  /** Settles when the bytes went on, or when the store has read enough of them. */
  const write = ({ stream, stored }: NonNullable<typeof current>, bytes: Buffer) =>
    Promise.race([
      new Promise<'taken'>((resolve) => stream.write(bytes, (error) => error || resolve('taken'))),
      stored.then(({ end }) => end),
    ]);

  async function take({ id, upload, offset, data, last }: Chunk): Promise<void> {
    const requestId = ids.next('req');
    const refuse = (why: Refusal) => {
      drop();
      reply(id, ERROR_STATUS[why.code], problemBody(why, requestId));
    };
    // Read anew for each piece, so that a changed role holds from the next one on.
    const device = store.findById(deviceId)?.device;
    if (!device || !mayUse(API.createArtifact.role, device.role)) {
      const why = refusal('forbidden', `This needs the role ${API.createArtifact.role}.`);
      audit.refused({
        actor: device?.user ?? 'nobody',
        deviceId,
        subject: 'createArtifact',
        code: why.code,
        requestId,
        traceId: ids.randomHex(16),
      });
      return refuse(why);
    }
    const mine = current?.upload === upload ? current : offset === 0 ? begin(upload) : undefined;
    if (!mine || mine.received !== offset || !BASE64.test(data)) {
      return refuse(refusal('bad_request', 'The pieces of an upload are base64 and come in order, from the first byte on.'));
    }
    const bytes = Buffer.from(data, 'base64');
    mine.received += bytes.length;
    if (mine.received > limits.artifactBytes) return refuse(tooLarge(limits.artifactBytes));
    const went = await write(mine, bytes);
    if (current !== mine) return refuse(refusal('bad_request', 'Another upload took the place of this one.'));
    if (went !== 'taken')
      return refuse(went === 'too_large' ? tooLarge(limits.artifactBytes) : refusal('bad_request', 'The upload broke off.'));
    if (!last) return reply(id, 202, { received: mine.received });
    mine.stream.end();
    current = undefined;
    const stored = await mine.stored;
    if (stored.end === 'stored') return reply(id, API.createArtifact.status, { hash: stored.hash, bytes: stored.bytes });
    return refuse(stored.end === 'too_large' ? tooLarge(limits.artifactBytes) : refusal('bad_request', 'The upload broke off.'));
  }

  return { take, end: drop };
}
