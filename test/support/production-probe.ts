import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProductionProbe {
  /** Everything that was not a 200, in words. */
  failures: readonly string[];
  /** Releases seen, in order, each change once. */
  releases: readonly string[];
  count(): number;
  stop(): Promise<void>;
}

/** One GET to a host of the gateway. Node cannot resolve `*.localhost`, so the name stands in the Host header. */
export function get(port: number, host: string, path: string, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: body === undefined ? 'GET' : 'POST',
        headers: { host: `${host}:${port}` },
        agent: false,
        timeout: 10_000,
      },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8');
        reply.on('data', (chunk) => {
          text += chunk;
        });
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }));
        reply.on('error', reject);
      },
    );
    call.on('error', reject);
    call.on('timeout', () => call.destroy(new Error('no answer within 10 s')));
    call.end(body);
  });
}

/** Asks production for a page without pause until it is stopped. */
export function probeProduction(port: number, path: string): ProductionProbe {
  const failures: string[] = [];
  const releases: string[] = [];
  let count = 0;
  let stopped = false;
  const loop = (async () => {
    while (!stopped) {
      try {
        const { status, text } = await get(port, 'app.localhost', path);
        count++;
        if (status !== 200) failures.push(`${status}: ${text.slice(0, 200)}`);
        const release = /data-release="([^"]*)"/.exec(text)?.[1] ?? 'none';
        if (releases.at(-1) !== release) releases.push(release);
      } catch (error) {
        failures.push(String(error));
      }
      await delay(10);
    }
  })();
  return {
    failures,
    releases,
    count: () => count,
    async stop() {
      stopped = true;
      await loop;
    },
  };
}
