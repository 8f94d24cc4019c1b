import { lookup } from 'node:dns/promises';
import { rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { isPublicAddress } from './addresses.ts';

/** What an egress proxy may connect to. */
export interface EgressOptions {
  /** Unix socket it listens on. */
  socket: string;
  /** Exact names, each with a port of its own where one is given (`name:port`); neither addresses nor parts of a name. */
  hosts: readonly string[];
  onRefused(host: string, why: string): void;
  /** An allowed name that is not known, or does not answer. */
  onUnreachable?(host: string): void;
  /** All addresses of a name. Default: the system's resolver. */
  resolve?: (host: string) => Promise<readonly string[]>;
  /** Default: {@link isPublicAddress}. */
  isAllowedAddress?: (address: string) => boolean;
  /** Ports for `CONNECT` and for plain HTTP. Default 443 and 80. */
  ports?: { connect: number; plain: number };
}

/** A running proxy. */
export interface Egress {
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 64;
/** Longer than the five minutes that Codex waits for a model that thinks without a word. */
const IDLE_MS = 330_000;
const DIAL_MS = 10_000;

/**
 * The only way out of a sandbox: an HTTP proxy that connects to named hosts. A name is resolved here and the very address that was judged
 * is dialled, so a name cannot mean one address to the judge and another to the connection.
 */
export function openEgress(options: EgressOptions): Egress | { detail: string } {
  const ports = options.ports ?? { connect: 443, plain: 80 };
  const open = new Set<Duplex>();
  const track = (stream: Duplex) => {
    open.add(stream);
    stream.once('close', () => open.delete(stream));
    stream.on('error', () => stream.destroy());
  };
  const server = http.createServer({ maxHeaderSize: 8 * 1024 });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', track);

  server.on('connect', (request, client: Duplex, head) => {
    void (async () => {
      const target = splitTarget(request.url ?? '');
      const dial = await admit(options, target, [ports.connect, ports.plain]);
      if ('refused' in dial) return endWith(client, dial.status, dial.refused);
      const upstream = net.connect({ host: dial.address, port: dial.port, allowHalfOpen: true });
      track(upstream);
      let isConnected = false;
      upstream.setTimeout(DIAL_MS, () => upstream.destroy(new Error('no answer')));
      upstream.once('error', () => {
        if (!isConnected) options.onUnreachable?.(dial.host);
        endWith(client, 502, 'cannot connect');
      });
      upstream.once('connect', () => {
        isConnected = true;
        upstream.setTimeout(IDLE_MS);
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.write(head);
        client.pipe(upstream).pipe(client);
        client.once('close', () => upstream.destroy());
        upstream.once('close', () => client.destroy());
      });
    })();
  });

  server.on('request', (request, reply) => {
    void (async () => {
      const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
      const target = url?.protocol === 'http:' ? { host: url.hostname, port: Number(url.port || 80) } : undefined;
      const dial = await admit(options, target, [ports.plain]);
      if (url === undefined || 'refused' in dial) {
        const { status, refused } = 'refused' in dial ? dial : { status: 400, refused: 'not a proxy request' };
        reply.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${refused}\n`);
        return;
      }
      const { 'proxy-authorization': _auth, 'proxy-connection': _connection, ...headers } = request.headers;
      const upstream = http.request({
        host: dial.address,
        port: dial.port,
        method: request.method,
        path: `${url.pathname}${url.search}`,
        headers: { ...headers, host: url.host },
        agent: false,
        timeout: IDLE_MS,
      });
      upstream.once('timeout', () => upstream.destroy());
      const fail = (why: string) => {
        if (reply.headersSent) reply.destroy();
        else reply.writeHead(502, { connection: 'close' }).end(`${why}\n`);
      };
      // What others answer may be anything: nothing of it may throw here.
      upstream.once('response', (response) => {
        const { statusCode = 0 } = response;
        if (statusCode < 200) {
          upstream.destroy();
          return fail('an answer that cannot be passed on');
        }
        reply.writeHead(statusCode, response.headers);
        pipeline(response, reply, () => {});
      });
      upstream.once('upgrade', () => {
        upstream.destroy();
        fail('an answer that cannot be passed on');
      });
      upstream.once('error', () => fail('cannot connect'));
      reply.once('close', () => upstream.destroy());
      request.pipe(upstream);
    })();
  });

  let failure: string | undefined;
  server.on('error', (error) => {
    failure = error.message;
  });
  // Binding a unix socket is done when `listen` returns; only the announcement comes later.
  server.listen(options.socket);
  if (server.address() === null) return { detail: failure ?? `cannot listen on ${options.socket}` };
  return {
    close: async () => {
      for (const stream of open) stream.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(options.socket, { force: true });
    },
  };
}

type Dial = { host: string; address: string; port: number } | { status: 403 | 502; refused: string };

async function admit(options: EgressOptions, target: { host: string; port: number } | undefined, ports: readonly number[]): Promise<Dial> {
  const refuse = (why: string): Dial => {
    options.onRefused(target?.host ?? '', why);
    return { status: 403, refused: why };
  };
  if (target === undefined) return refuse('not a target');
  if (net.isIP(target.host) !== 0) return refuse('this host is not allowed');
  if (!options.hosts.includes(`${target.host}:${target.port}`)) {
    if (!options.hosts.includes(target.host)) return refuse('this host is not allowed');
    if (!ports.includes(target.port)) return refuse('this port is not allowed');
  }
  const addresses = await (options.resolve ?? resolveAll)(target.host).catch((error: NodeJS.ErrnoException) => error);
  if (addresses instanceof Error || addresses[0] === undefined) {
    options.onUnreachable?.(target.host);
    const unknown = !(addresses instanceof Error) || addresses.code === 'ENOTFOUND';
    return {
      status: 502,
      refused: unknown ? 'the name is not known' : `the name cannot be looked up (${addresses.code ?? addresses.message})`,
    };
  }
  if (!addresses.every(options.isAllowedAddress ?? isPublicAddress)) return refuse('the name leads to an address that is not allowed');
  return { host: target.host, address: addresses[0], port: target.port };
}

async function resolveAll(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, verbatim: false })).map(({ address }) => address);
}

function splitTarget(authority: string): { host: string; port: number } | undefined {
  const match = /^([^:[\]/@]+):(\d{1,5})$/.exec(authority);
  return match?.[1] === undefined ? undefined : { host: match[1], port: Number(match[2]) };
}

function endWith(stream: Duplex, status: number, why: string): void {
  if (stream.writable)
    stream.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${why}\n`);
}
