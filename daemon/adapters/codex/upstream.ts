import http from 'node:http';
import https from 'node:https';
import type { ModelFailure } from './meter.ts';

/** Where the model really is. */
export interface Upstream {
  baseUrl: string;
  /** Sent as a Bearer token; an open provider needs none. */
  apiKey?: string;
}

/** Time to connect, handshake included. The response itself may take as long as Codex waits for it. */
const CONNECT_TIMEOUT_MS = 15_000;

/** A provider that is asked whether it is there has so long to answer. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Headers of one connection, and those in which the sandbox has no say. */
const NOT_FORWARDED = new Set(
  'connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade host authorization content-length accept-encoding cookie set-cookie expect'.split(
    ' ',
  ),
);

/** Opens connections to the provider and reuses them. */
export interface UpstreamClient {
  /** Sends a request body to `/responses`. `onError` says in words what went wrong before an answer came or while it came. */
  post(
    body: Buffer,
    headers: http.IncomingHttpHeaders,
    onAnswer: (answer: http.IncomingMessage) => void,
    onError: (detail: string) => void,
  ): http.ClientRequest;
  close(): void;
}

export function openUpstream({ baseUrl, apiKey }: Upstream): UpstreamClient {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/responses`);
  const protocol = url.protocol === 'https:' ? https : http;
  const agent = new protocol.Agent({ keepAlive: true });
  return {
    post(body, headers, onAnswer, onError) {
      const request = protocol.request(url, {
        method: 'POST',
        agent,
        headers: {
          ...forwardable(headers),
          'content-length': body.length,
          'accept-encoding': 'identity',
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        },
      });
      request.on('socket', (socket) => {
        if (!socket.connecting) return;
        const deadline = setTimeout(() => request.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`)), CONNECT_TIMEOUT_MS);
        socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(deadline));
        socket.once('close', () => clearTimeout(deadline));
      });
      request.on('error', (error) => onError(error.message || 'the connection failed'));
      request.on('response', onAnswer);
      request.once('upgrade', (_answer, socket) => {
        socket.destroy();
        onError('it answered with an upgrade that nobody asked for');
      });
      request.end(body);
      return request;
    },
    close: () => agent.destroy(),
  };
}

/** Why a provider does not answer; undefined when it does, whatever it answers. */
export function whyUnreachable(baseUrl: string): Promise<string | undefined> {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/models`);
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? https : http).get(url, { agent: false, timeout: ANSWER_TIMEOUT_MS }, (answer) => {
      answer.destroy();
      resolve(undefined);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.message || (error.code ?? 'the connection failed')));
  });
}

/** Headers without those that belong to one connection. */
export function forwardable(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_FORWARDED.has(name) && !named.has(name)));
}

/** What a status of the provider means for the attempt; undefined for an answer, and for a request that it finds wrong. */
export function failureOf(status: number, body: string): ModelFailure | undefined {
  const detail = `the model provider answered ${status}: ${body.slice(0, 500)}`;
  if (status === 401 || status === 403) return { reason: 'signed_out', detail };
  if (status === 429) return { reason: 'rate_limited', detail };
  return status >= 500 ? { reason: 'unreachable', detail } : undefined;
}
