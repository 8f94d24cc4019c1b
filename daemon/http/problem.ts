import { STATUS_CODES } from 'node:http';
import { ERROR_STATUS, type ErrorBody, type ErrorCode } from '#shared/errors.ts';
import { methodsAt } from './routes.ts';

/** A request turned away: the same value for HTTP, the upgrade and a call over the socket. */
export interface Refusal {
  code: ErrorCode;
  message: string;
  details?: Record<string, unknown>;
  retryAfterMs?: number;
  /** Of the request that was refused first, when a receipt is replayed: the same bytes again. */
  requestId?: string;
}

export function refusal(code: ErrorCode, message: string, details?: Record<string, unknown>): Refusal {
  return details ? { code, message, details } : { code, message };
}

/** Why nothing answers this method at this path: there is nothing, or it is asked otherwise. */
export function noRoute(method: string, path: string): Refusal {
  const allow = methodsAt(path);
  if (allow.length === 0) return refusal('not_found', 'There is nothing here.');
  return refusal('method_not_allowed', `${method} is not answered here; ${allow.join(' and ')} ${allow.length === 1 ? 'is' : 'are'}.`, {
    allow,
  });
}

/** The one answer to a failure of our own: the text stays in the log, the request id leads there. */
export function internalRefusal(): Refusal {
  return refusal('internal', 'Codex Builder itself failed. The daemon log has the details under this request id.');
}

export function problemBody({ code, message, details, retryAfterMs, requestId: first }: Refusal, requestId: string): ErrorBody {
  const all = retryAfterMs === undefined ? details : { ...details, retryAfterMs };
  return { error: { code, message, requestId: first ?? requestId, ...(all ? { details: all } : {}) } };
}

/** Headers a refusal needs besides those of every response. */
export function problemHeaders({ code, retryAfterMs, details }: Refusal): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }),
    ...(code === 'unauthorized' ? { 'www-authenticate': 'Bearer' } : {}),
    ...(code === 'method_not_allowed' ? { allow: (details!['allow'] as string[]).join(', ') } : {}),
  };
}

/** A whole response in bytes, for a connection that never became a request or an upgrade that is refused. */
export function rawResponse(refused: Refusal, requestId: string, headers: Readonly<Record<string, string>>): string {
  const status = ERROR_STATUS[refused.code];
  const body = JSON.stringify(problemBody(refused, requestId));
  const lines = Object.entries({
    ...headers,
    ...problemHeaders(refused),
    'x-request-id': requestId,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}
