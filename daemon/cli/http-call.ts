import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { PROTOCOL } from '#shared/api.ts';

/** The daemon does not answer. `mayBeDone`: it was told, and its reply was lost. */
export class Unreachable extends Error {
  readonly url: string;
  readonly mayBeDone: boolean;
  /** What makes doing it again safe. */
  readonly key: string | undefined;
  constructor(url: string, { mayBeDone, key, cause }: { mayBeDone: boolean; key?: string | undefined; cause?: unknown }) {
    super(`The daemon at ${url} does not answer.`, { cause });
    this.url = url;
    this.mayBeDone = mayBeDone;
    this.key = key;
  }
}

export interface HttpCall {
  url: string;
  method: string;
  token: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer;
}

/** How long after a lost reply the call is made again; after the last one it is given up. */
const PAUSES_MS = [200, 500, 1_000, 2_000, 4_000];
const SILENCE_MS = 60_000;

/**
 * Makes a call, and makes it again, word for word, when its reply was lost: an idempotency key among the headers stays the same,
 * so what it asks for is done once. What was never sent is not tried again.
 */
export async function callAgainWhenLost(call: HttpCall): Promise<{ status: number; body: unknown }> {
  let lost: unknown;
  for (const pause of [0, ...PAUSES_MS]) {
    if (pause > 0) await delay(pause);
    try {
      const reply = await open(call);
      const chunks: Buffer[] = [];
      for await (const chunk of reply) chunks.push(chunk as Buffer);
      return { status: reply.statusCode ?? 0, body: parsed(Buffer.concat(chunks)) };
    } catch (error) {
      if (lost === undefined && isNeverSent(error)) throw new Unreachable(originOf(call), { mayBeDone: false, cause: error });
      lost = error;
    }
  }
  throw new Unreachable(originOf(call), { mayBeDone: call.method !== 'GET', key: call.headers?.['idempotency-key'], cause: lost });
}

/** One request, until its headers are there. Not `fetch`, which marks itself as a browser by its Sec-Fetch headers. */
export function open({ url, method, token, headers, body }: HttpCall, signal?: AbortSignal): Promise<IncomingMessage> {
  // Node announces no length for the body of a DELETE by itself.
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method,
        headers: { authorization: `Bearer ${token}`, 'x-codex-builder-protocol': String(PROTOCOL), ...length, ...headers },
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    call.setTimeout(SILENCE_MS, () => call.destroy(new Error(`it has been silent for ${SILENCE_MS / 1000} s`)));
    call.on('error', reject);
    call.end(body);
  });
}

const originOf = ({ url }: HttpCall): string => new URL(url).origin;

function isNeverSent(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'].includes(String(error.code))
  );
}

/** Undefined for what is no JSON; the client says that it cannot read it. */
export function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
