import { request } from 'node:http';
import * as z from 'zod/mini';

/** Version of the gateway's control protocol that we speak. */
export const GATEWAY_PROTOCOL = 1;

/** What the gateway says of itself; more than this is its own business. */
export const GatewayReport = z.object({
  program: z.literal('codex-builder-gateway'),
  protocol: z.number(),
  stateHash: z.string(),
  port: z.number(),
  pid: z.number(),
  generation: z.number(),
  live: z.nullable(z.string()),
  /** Absent: never, or a gateway of an earlier version, which does not say. */
  cutOff: z.optional(z.object({ times: z.number(), at: z.number() })),
  releases: z.array(
    z.object({
      releaseId: z.string(),
      commit: z.string(),
      pid: z.number(),
      port: z.number(),
      startedAt: z.number(),
      restarts: z.number(),
      ended: z.optional(z.object({ at: z.number(), how: z.string() })),
      running: z.boolean(),
      inFlight: z.number(),
      /** A gateway that an earlier version started does not count. */
      traffic: z.optional(
        z.object({
          requests: z.number(),
          serverErrors: z.number(),
          noAnswer: z.number(),
          failing: z.array(z.object({ path: z.string(), count: z.number() })),
        }),
      ),
    }),
  ),
});
export type GatewayReport = z.infer<typeof GatewayReport>;

export type ControlReply = { end: 'answered'; status: number; body: unknown } | { end: 'nobody'; detail: string };

/** Longest call: retiring waits 10 s for requests in flight and 5 s for a release to end. */
const CALL_MS = 30_000;

/** What a connection to a gateway that is not there, or that dies before it answers, ends with. */
const NOBODY = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE']);

/** One call on the gateway's control socket. `nobody`: no gateway there lived to answer; every call may be repeated then. Throws when one answers badly or not in time. */
export function callGateway(socket: string, method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown): Promise<ControlReply> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: socket, path, method, agent: false, timeout: CALL_MS }, (reply) => {
      let text = '';
      reply.setEncoding('utf8');
      reply.on('data', (chunk: string) => {
        text += chunk;
      });
      reply.once('error', reject);
      reply.once('end', () => {
        try {
          resolve({ end: 'answered', status: reply.statusCode ?? 0, body: JSON.parse(text) });
        } catch (error) {
          reject(error);
        }
      });
    });
    call.once('timeout', () => call.destroy(new Error(`the gateway did not answer ${path} within ${CALL_MS} ms`)));
    call.once('error', (error: NodeJS.ErrnoException) => {
      if (NOBODY.has(error.code ?? '')) resolve({ end: 'nobody', detail: error.message });
      else reject(error);
    });
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
