import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Log } from '../../ports.ts';
import { parseObject } from './json.ts';
import { splitLines } from './lines.ts';
import type { Meter } from './meter.ts';
import { readStreamLine } from './model-stream.ts';
import { failureOf, forwardable, openUpstream, type Upstream } from './upstream.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;
const DEFAULT_WAIT_SECONDS = 1;
const MAX_WAIT_SECONDS = 60;

export interface RelayOptions {
  /** Unix socket on the host. Whoever can open it still needs a token. */
  socket: string;
  upstream: Upstream;
  /** Makes the tokens. */
  randomHex(bytes: number): string;
  log: Log;
}

/** The only way from a sandbox to the model. */
export interface Relay {
  /** Lets one attempt in. After `dismiss` its token is worth nothing and its requests are cut. */
  admit(meter: Meter): { token: string; dismiss(): void };
  close(): Promise<void>;
}

interface Guest {
  meter: Meter;
  /** Cuts each request that is under way. */
  cuts: Set<() => void>;
}

/**
 * Listens on the socket. It forwards `POST /v1/responses` of an admitted attempt with the provider's key, streams the answer
 * through unchanged and reads along: usage, tool calls, tool outputs, failures. Rejects when it cannot listen.
 */
export async function openRelay({ socket, upstream, randomHex, log }: RelayOptions): Promise<Relay> {
  const guests = new Map<string, Guest>();
  const client = openUpstream(upstream);

  const server = createServer((request, response) => {
    const guest = guests.get(/^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
    if (!guest) return refuse(response, 401, 'unknown_token', 'this token belongs to no attempt');
    if (request.method !== 'POST' || request.url?.split('?')[0] !== '/v1/responses')
      return refuse(response, 404, 'not_found', 'the relay only knows POST /v1/responses');
    guest.meter.touch();
    readBody(request, response, (body) => forward(guest, request, body, response));
  });
  server.on('clientError', (_error, connection) => connection.destroy());

  function forward(guest: Guest, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { meter } = guest;
    const parsed = parseObject(body.toString('utf8'));
    if (!parsed) {
      refuse(response, 400, 'invalid_json', 'the request is not a JSON object');
      return;
    }
    meter.sent(parsed);
    const refusal = meter.refusal();
    if (refusal !== undefined) {
      // Codex ends its turn at once on 400; anything else it would try again.
      refuse(response, 400, 'budget_exceeded', refusal);
      return;
    }

    const sending = client.post(
      body,
      request.headers,
      (answer) => {
        // Less than 200 cannot be passed on: it is no answer.
        const status = answer.statusCode === undefined || answer.statusCode < 200 ? 502 : answer.statusCode;
        if (status >= 400) passError(meter, status, answer, response);
        else stream(meter, answer, response);
      },
      (detail) => {
        if (response.writableFinished || response.destroyed) return;
        meter.failed({ reason: 'unreachable', detail: `the model provider cannot be reached: ${detail}` });
        log('warn', 'model provider unreachable', { detail });
        if (response.headersSent) response.destroy();
        else refuse(response, 503, 'unreachable', detail);
      },
    );
    const cut = () => {
      sending.destroy();
      response.destroy();
    };
    guest.cuts.add(cut);
    response.once('close', () => {
      guest.cuts.delete(cut);
      if (!response.writableFinished) sending.destroy();
    });
  }

  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  // Programs in a sandbox may be another user; the folder around the socket keeps everybody else out.
  await chmod(socket, 0o666);

  return {
    admit(meter) {
      const token = randomHex(32);
      const guest: Guest = { meter, cuts: new Set() };
      guests.set(token, guest);
      return {
        token,
        dismiss() {
          guests.delete(token);
          for (const cut of [...guest.cuts]) cut();
        },
      };
    },
    async close() {
      guests.clear();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      client.close();
      await closed;
      await rm(socket, { force: true });
    },
  };
}

function stream(meter: Meter, answer: IncomingMessage, response: ServerResponse): void {
  let ended = false;
  const lines = splitLines(MAX_BODY_BYTES, (line) => {
    for (const event of readStreamLine(line)) {
      if (event.type === 'completed' || event.type === 'failed') ended = true;
      meter.received(event);
    }
  });
  response.writeHead(answer.statusCode ?? 200, forwardable(answer.headers));
  response.flushHeaders();
  answer.on('data', (chunk: Buffer) => {
    meter.touch();
    lines.push(chunk);
  });
  answer.on('end', () => {
    lines.end();
    if (!ended) meter.failed({ reason: 'unreachable', detail: 'the answer of the model provider broke off' });
  });
  answer.on('error', () => {
    if (!ended) meter.failed({ reason: 'unreachable', detail: 'the connection to the model provider broke off' });
    response.destroy();
  });
  answer.pipe(response);
}

function passError(meter: Meter, status: number, answer: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_ERROR_BYTES) chunks.push(chunk);
  });
  answer.on('error', () => response.destroy());
  answer.on('end', () => {
    const body = Buffer.concat(chunks);
    const failure = failureOf(status, body.toString('utf8'));
    if (failure) meter.failed(failure);
    // A wrong key stays wrong: 400 keeps Codex from trying again.
    if (failure?.reason === 'signed_out') return refuse(response, 400, 'signed_out', failure.detail);
    const waitSeconds = retryAfter(answer, body.toString('utf8'));
    if (waitSeconds !== undefined) return askToWait(response, waitSeconds);
    response.writeHead(status, { ...forwardable(answer.headers), 'content-length': body.length }).end(body);
  });
}

/** How long a provider that has too many requests wants us to wait; undefined where waiting would not help within the turn. */
function retryAfter(answer: IncomingMessage, body: string): number | undefined {
  if (answer.statusCode !== 429 || /quota|usage_limit/.test(body)) return undefined;
  const seconds = Number(answer.headers['retry-after'] ?? DEFAULT_WAIT_SECONDS);
  return seconds >= 0 && seconds <= MAX_WAIT_SECONDS ? seconds : undefined;
}

/** Codex ends its turn at the status 429, but waits and asks again, a few times, when a stream says the same. */
function askToWait(response: ServerResponse, seconds: number): void {
  const error = { code: 'rate_limit_exceeded', message: `Rate limit reached. Please try again in ${seconds}s.` };
  const event = { type: 'response.failed', sequence_number: 0, response: { id: 'relay', object: 'response', status: 'failed', error } };
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`event: response.failed\ndata: ${JSON.stringify(event)}\n\n`);
}

function readBody(request: IncomingMessage, response: ServerResponse, then: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else if (!response.headersSent) refuse(response, 413, 'too_large', `a request has at most ${MAX_BODY_BYTES} bytes`);
  });
  request.on('end', () => {
    if (bytes <= MAX_BODY_BYTES) then(Buffer.concat(chunks));
  });
  request.on('error', () => response.destroy());
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const body = JSON.stringify({ error: { message, type: 'codex_builder_relay', code } });
  // Closing spares reading the rest of a request that is refused.
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body);
}
