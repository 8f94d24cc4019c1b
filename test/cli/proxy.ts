import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A bad line between command line and daemon. */
export interface Proxy {
  /** A state folder that leads to the proxy instead of the daemon. */
  state: string;
  /** Method and path of every request that came, with its idempotency key. */
  seen: { call: string; key: string | undefined; after: string | undefined }[];
  close(): Promise<void>;
}

export interface Troubles {
  /** The daemon does what it is asked, and its reply never comes. */
  dropsReply?(call: string, count: number): boolean;
  /** The reply as it was before something else happened: what comes back of it, or undefined to leave it. */
  wasBefore?(call: string, count: number, body: Record<string, unknown>): Record<string, unknown> | undefined;
  /** A stream is cut after so many frames. */
  cutsStreamAfter?: number;
  /** Header values that are changed on their way. */
  headers?: Readonly<Record<string, string>>;
}

/** Starts it in front of the daemon of a state folder. */
export async function startProxy(daemon: { control: string; state: string }, folder: string, troubles: Troubles): Promise<Proxy> {
  const seen: Proxy['seen'] = [];
  const target = new URL(daemon.control);
  const server = createServer((incoming, outgoing) => {
    const call = `${incoming.method} ${incoming.url}`;
    const { headers } = incoming;
    seen.push({ call, key: headers['idempotency-key'] as string | undefined, after: headers['last-event-id'] as string | undefined });
    const count = seen.filter((each) => each.call === call).length;
    const onward = request(
      {
        host: target.hostname,
        port: target.port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...headers, host: target.host, ...troubles.headers },
      },
      (reply) => {
        if (troubles.dropsReply?.(call, count) === true) reply.resume().once('end', () => outgoing.destroy());
        else if (troubles.wasBefore !== undefined && incoming.url !== '/api/events') void older(reply, troubles.wasBefore);
        else forward(reply);
      },
    );
    const older = async (reply: IncomingMessage, wasBefore: NonNullable<Troubles['wasBefore']>) => {
      let text = '';
      for await (const chunk of reply.setEncoding('utf8')) text += chunk;
      const body = JSON.parse(text) as Record<string, unknown>;
      const { 'content-length': _length, ...kept } = reply.headers;
      outgoing.writeHead(reply.statusCode!, kept).end(JSON.stringify(wasBefore(call, count, body) ?? body));
    };
    const forward = (reply: IncomingMessage) => {
      outgoing.writeHead(reply.statusCode!, reply.headers);
      outgoing.flushHeaders();
      let frames = 0;
      reply.on('data', (chunk: Buffer) => {
        frames += chunk.toString('utf8').split('\n\n').length - 1;
        const isCut = troubles.cutsStreamAfter !== undefined && incoming.url === '/api/events' && frames >= troubles.cutsStreamAfter;
        outgoing.write(chunk, () => {
          if (isCut) outgoing.destroy();
        });
      });
      reply.on('end', () => outgoing.end());
      reply.on('error', () => outgoing.destroy());
    };
    outgoing.on('close', () => onward.destroy());
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const state = join(folder, `proxy-${port}`);
  mkdirSync(state);
  const note = JSON.parse(readFileSync(join(daemon.state, 'daemon.json'), 'utf8')) as object;
  writeFileSync(join(state, 'daemon.json'), JSON.stringify({ ...note, url: `http://127.0.0.1:${port}` }));
  writeFileSync(join(state, 'cli-token'), readFileSync(join(daemon.state, 'cli-token')));
  return {
    state,
    seen,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
