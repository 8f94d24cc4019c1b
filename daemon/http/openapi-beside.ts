import type { ErrorCode } from '#shared/errors.ts';
import { Readiness } from '#shared/readiness.ts';
import { ANYWHERE } from './door-codes.ts';
import { answer, BYTES, PROTOCOL_HEADER, refusals } from './openapi-parts.ts';
import { type Json, replySchema } from './openapi-schemas.ts';

const HASH = '^[0-9a-f]{64}$';

/** Places that are no doors of the contract table: bytes, streams, and what looks at the daemon itself. */
export function besidePaths(): Record<string, Json> {
  const signedIn = { security: [{ device: [] }], 'x-role': 'viewer' };
  const forAnybody = { security: [], tags: ['daemon'] };
  const viewerRefusals: readonly ErrorCode[] = [...ANYWHERE, 'unauthorized'];
  const json = (schema: Json) => ({ 'application/json': { schema } });
  const readiness = json(replySchema(Readiness));
  const { 503: _stopping, ...openRefusals } = refusals(ANYWHERE);
  return {
    '/api/artifacts/{hash}': {
      get: {
        operationId: 'getArtifact',
        summary: 'The bytes of an artifact, as a download',
        description: 'Needs the role viewer or one above it.',
        tags: ['artifacts'],
        ...signedIn,
        parameters: [
          PROTOCOL_HEADER,
          { name: 'hash', in: 'path', required: true, description: 'SHA-256 of the bytes.', schema: { type: 'string', pattern: HASH } },
        ],
        responses: {
          '200': answer('The bytes', BYTES, {
            'Content-Disposition': { description: 'Always a download.', schema: { type: 'string', pattern: '^attachment; ' } },
            'X-Content-Type-Options': { description: 'Never guessed at.', schema: { type: 'string', const: 'nosniff' } },
          }),
          ...refusals([...viewerRefusals, 'not_found', 'version_mismatch']),
        },
      },
    },
    '/api/events': {
      get: {
        operationId: 'events',
        summary: 'Notices as server-sent events',
        description:
          'Each `run` notice has its sequence number as `id`; a client that sends the last one back misses and repeats none. The other notices say what to read again and carry no `id`. Needs the role viewer or one above it.',
        tags: ['events'],
        ...signedIn,
        parameters: [
          PROTOCOL_HEADER,
          {
            name: 'Last-Event-ID',
            in: 'header',
            required: false,
            description: 'Newest sequence number already seen; without one the stream begins now.',
            schema: { type: 'integer', minimum: 0 },
          },
          {
            name: 'after',
            in: 'query',
            required: false,
            description: 'The same, for who cannot set headers.',
            schema: { type: 'integer', minimum: 0 },
          },
        ],
        responses: {
          '200': answer('The stream', {
            'text/event-stream': { schema: { type: 'string', description: 'Each `data` line is a Notice as JSON.' } },
          }),
          ...refusals([...viewerRefusals, 'stale', 'version_mismatch']),
        },
      },
    },
    '/metrics': {
      get: {
        operationId: 'metrics',
        summary: 'Figures for Prometheus',
        description: 'Needs the role viewer or one above it.',
        tags: ['daemon'],
        ...signedIn,
        parameters: [{ ...PROTOCOL_HEADER, required: false }],
        responses: {
          '200': answer('The figures', { 'text/plain': { schema: { type: 'string' } } }),
          ...refusals([...viewerRefusals, 'version_mismatch']),
        },
      },
    },
    '/healthz': {
      get: {
        operationId: 'healthz',
        summary: 'The process answers',
        ...forAnybody,
        responses: {
          '200': answer('It does', json({ type: 'object', properties: { ok: { type: 'boolean', const: true } }, required: ['ok'] })),
          ...refusals(ANYWHERE),
        },
      },
    },
    '/readyz': {
      get: {
        operationId: 'readyz',
        summary: 'What the daemon needs for its work is there, part by part',
        ...forAnybody,
        responses: {
          '200': answer('It is', readiness),
          '503': answer('A part that is needed is not ready, or the daemon is stopping', {
            'application/json': { schema: { anyOf: [replySchema(Readiness), { $ref: '#/components/schemas/Error' }] } },
          }),
          ...openRefusals,
        },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'openApi',
        summary: 'This document',
        ...forAnybody,
        responses: {
          '200': answer(
            'OpenAPI 3.1',
            json({
              type: 'object',
              properties: { openapi: { type: 'string' }, paths: { type: 'object' } },
              required: ['openapi', 'paths'],
            }),
          ),
          ...refusals(ANYWHERE),
        },
      },
    },
  };
}
