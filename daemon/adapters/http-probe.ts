import { type ClientRequest, request } from 'node:http';
import type { HttpProbe } from '../ports.ts';

/** More of an answer than this is not read. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * One GET as a browser would make it, without following redirects. `authority` is the Host header: the name cannot be looked up.
 * Paths come from captures and settings: what cannot be asked is no answer, never an exception.
 */
export function httpProbe(
  where: { port: number } | { socketPath: string },
  wanted: { authority: string; path: string; timeoutMs: number; signal?: AbortSignal },
): Promise<HttpProbe> {
  const startedAt = performance.now();
  const took = () => Math.round(performance.now() - startedAt);
  return new Promise((resolve) => {
    const fail = (detail: string) => resolve({ end: 'no_answer', detail, durationMs: took() });
    let call: ClientRequest;
    try {
      call = request({
        ...('port' in where ? { host: '127.0.0.1', port: where.port } : where),
        path: inAscii(wanted.path),
        agent: false,
        headers: { host: wanted.authority, accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'user-agent': 'codex-builder' },
        signal: wanted.signal,
      });
    } catch (error) {
      return fail(error instanceof Error ? error.message : String(error));
    }
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${wanted.timeoutMs} ms`)), wanted.timeoutMs);
    // Whatever became of the connection, this is the end: nobody waits for ever.
    call.once('close', () => {
      clearTimeout(timer);
      fail('the connection ended without an answer');
    });
    call.once('upgrade', (_reply, socket) => {
      socket.destroy();
      fail('it answered with an upgrade that nobody asked for');
    });
    call.on('error', (error) => fail(error.message));
    call.once('response', (reply) => {
      let bytes = 0;
      const answered = () => {
        const contentType = reply.headers['content-type'];
        resolve({
          end: 'answered',
          status: reply.statusCode ?? 0,
          durationMs: took(),
          bytes,
          ...(contentType === undefined ? {} : { contentType }),
        });
        call.destroy();
      };
      reply.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) answered();
      });
      reply.once('end', answered);
      reply.once('error', (error) => fail(error.message));
    });
    call.end();
  });
}

/** The path as a browser puts it on the wire. What is escaped already stays. */
function inAscii(path: string): string {
  return path.replace(/[^\x21-\x7e]+/g, (part) => Buffer.from(part).toString('hex').toUpperCase().replace(/../g, '%$&'));
}
