import { PROTOCOL } from '#shared/api.ts';
import { ERROR_STATUS, type ErrorCode } from '#shared/errors.ts';
import type { Json } from './openapi-schemas.ts';

/** Sent with every call of a door. */
export const PROTOCOL_HEADER = {
  name: 'X-Codex-Builder-Protocol',
  in: 'header',
  required: true,
  description: 'Version of this contract that the client speaks. Another one is refused with both versions.',
  schema: { type: 'string', const: String(PROTOCOL) },
  example: String(PROTOCOL),
};
const REQUEST_ID = { description: 'Names this request in the log of the daemon.', schema: { type: 'string' } };
/** A body that is no text. */
export const BYTES = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

type Response = { description: string; headers?: Json; content?: Json };

/** Refusals by status, each with the codes that it may carry here. */
export function refusals(codes: readonly ErrorCode[]): Record<string, Response> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(ERROR_STATUS[code], [...(byStatus.get(ERROR_STATUS[code]) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      String(status),
      {
        description: those.join(', '),
        headers: {
          'X-Request-Id': REQUEST_ID,
          ...(status === 429 ? { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } } } : {}),
          ...(status === 401 ? { 'WWW-Authenticate': { description: 'How to say who you are.', schema: { type: 'string' } } } : {}),
        },
        content: {
          'application/json': {
            schema: {
              allOf: [
                { $ref: '#/components/schemas/Error' },
                { type: 'object', properties: { error: { type: 'object', properties: { code: { enum: those } } } } },
              ],
            },
          },
        },
      },
    ]),
  );
}

/** What a place answers when it does what it was asked. */
export const answer = (description: string, content: Json, headers: Json = {}): Response => ({
  description,
  headers: { 'X-Request-Id': REQUEST_ID, ...headers },
  content,
});
