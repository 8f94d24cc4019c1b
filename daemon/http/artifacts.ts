import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Hono } from 'hono';
import { API } from '#shared/api.ts';
import type { DoorContext, DoorEnv } from './door-context.ts';
import { internalRefusal, refusal } from './problem.ts';
import { tooLarge } from './read-body.ts';
import { refuseRequest, signIn, turnAway } from './sign-in.ts';

const HASH = /^[0-9a-f]{64}$/;

/** Bytes in and out by their hash. Out is always a download behind Bearer: nothing stored is ever rendered by this origin. */
export function mountArtifacts(app: Hono<DoorEnv>, context: DoorContext): void {
  const { store, limits, log } = context;
  const { path, role, status } = API.createArtifact;

  app.post(path, async (c) => {
    const found = signIn(c, context, 'createArtifact', role);
    if (!found.ok) return found.response;
    const { incoming, requestId } = c.env;
    // A stream of its own, so that whoever stops reading it does not close the connection before the answer is sent.
    const bytes = new PassThrough();
    bytes.on('error', () => {}); // the store sees it too, and says `broken`
    incoming.once('close', () => {
      if (!incoming.complete) bytes.destroy(new Error('the upload was cut off'));
    });
    incoming.pipe(bytes);
    try {
      const stored = await store.putArtifact(bytes, limits.artifactBytes);
      if (stored.end === 'stored') {
        return c.json({ hash: stored.hash, bytes: stored.bytes }, status, { location: `${path}/${stored.hash}` });
      }
      const why =
        stored.end === 'too_large' ? tooLarge(limits.artifactBytes) : refusal('bad_request', 'The upload ended before it was complete.');
      return turnAway(c, context, 'createArtifact', why, found.device);
    } catch (error) {
      log('error', 'an artifact could not be stored', { requestId, detail: String(error) });
      return refuseRequest(c, internalRefusal());
    } finally {
      incoming.unpipe(bytes);
      incoming.resume();
    }
  });

  app.get(`${path}/:hash`, async (c) => {
    const found = signIn(c, context, 'getArtifact', 'viewer');
    if (!found.ok) return found.response;
    const hash = c.req.param('hash');
    const artifact = HASH.test(hash) ? store.openArtifact(hash) : undefined;
    if (!artifact) return refuseRequest(c, refusal('not_found', 'There is no such artifact.'));
    const { outgoing, requestId } = c.env;
    outgoing.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${hash}"`,
      'content-length': artifact.bytes,
    });
    await pipeline(artifact.stream, outgoing).catch((error: unknown) => {
      log('debug', 'an artifact was not sent whole', { requestId, hash, detail: String(error) });
    });
    return RESPONSE_ALREADY_SENT;
  });
}
