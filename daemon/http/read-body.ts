import type { IncomingMessage } from 'node:http';
import { type Refusal, refusal } from './problem.ts';

export type BodyText = { ok: true; bytes: Buffer } | { ok: false; refused: Refusal };

export function tooLarge(maxBytes: number): Refusal {
  return refusal('too_large', `The body may have at most ${maxBytes} bytes.`, { maxBytes });
}

/**
 * The body, counted as it arrives, whatever its announced length. Above the cap
 * the rest is read away unkept, so that the client gets to see the refusal; the
 * server's request timeout bounds that.
 */
export function readBody(incoming: IncomingMessage, maxBytes: number): Promise<BodyText> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (result: BodyText) => {
      incoming.off('data', onData).off('end', onEnd).off('close', onBroken).off('error', onBroken);
      incoming.on('error', () => {}); // nobody is left to tell
      if (!result.ok) incoming.resume();
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) finish({ ok: false, refused: tooLarge(maxBytes) });
      else chunks.push(chunk);
    };
    const onEnd = () => finish({ ok: true, bytes: Buffer.concat(chunks) });
    const onBroken = () => finish({ ok: false, refused: refusal('bad_request', 'The body ended before it was complete.') });
    incoming.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken);
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The value of a JSON body, or why it is none. */
export function parseJson(bytes: Uint8Array): { ok: true; value: unknown } | { ok: false; refused: Refusal } {
  try {
    return { ok: true, value: JSON.parse(utf8.decode(bytes)) };
  } catch {
    return { ok: false, refused: refusal('bad_request', 'The body is not JSON in UTF-8.') };
  }
}
