import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { ERROR_STATUS } from '#shared/errors.ts';
import type { Clock, Ids, Log } from '../ports.ts';
import { createApp } from './app.ts';
import type { DoorContext, DoorEnv } from './door-context.ts';
import { createGuard, type RawRequest, type Verdict } from './guard.ts';
import type { DoorStore, Handlers } from './handlers.ts';
import { HTTP_LIMITS, type HttpLimits } from './limits.ts';
import { internalRefusal, problemBody, problemHeaders, type Refusal, rawResponse, refusal } from './problem.ts';
import { openRefusedAudit } from './refused-audit.ts';
import { CLOSED_HEADERS } from './security-headers.ts';
import { openSocketDoor } from './socket.ts';
import { createTouch } from './touch-devices.ts';
import { traceIdOf } from './traceparent.ts';

export interface HttpOptions {
  /** 0 takes any free one. */
  port: number;
  handlers: Handlers;
  store: DoorStore;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** The built page: index.html and its assets. */
  pageFolder: string;
  limits?: Partial<HttpLimits>;
  /** Holds every reply against the contract; for tests. */
  checkReplies?: boolean;
}

export type HttpStart = { ok: true; port: number } | { ok: false; detail: string; remedy: string };

export interface Http {
  /** Listens on 127.0.0.1 and nowhere else. */
  start(): Promise<HttpStart>;
  /** Refuses what is new, lets what is under way end for `drainMs`, then cuts it. */
  stop(): Promise<void>;
}

/** The door of the daemon: HTTP, server-sent events and WebSocket on one loopback port, behind one guard. */
export function createHttp(options: HttpOptions): Http {
  const { store, clock, ids, log } = options;
  const limits = { ...HTTP_LIMITS, ...options.limits };
  const audit = openRefusedAudit(clock, (entry) => {
    try {
      store.auditRefused(entry);
    } catch (error) {
      log('error', 'a refused request could not be audited', { ...entry, detail: String(error) }); // it stays refused
    }
  });
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
    requireHostHeader: false, // the guard answers for it, with our headers
    insecureHTTPParser: false,
  });
  server.maxConnections = limits.connections;
  server.timeout = limits.idleMs;
  const answering = new WeakSet<Duplex>();
  const upgraded = new Set<Duplex>();
  let stopping = false;
  let endClients = () => {};
  let cutClients = () => {};

  const open = (port: number) => {
    const context: DoorContext = {
      port,
      store,
      clock,
      ids,
      log,
      limits,
      audit,
      handlers: options.handlers,
      checkReplies: options.checkReplies ?? false,
      touch: createTouch(clock, (deviceId) => store.touch(deviceId)),
    };
    const guard = createGuard({ port, limits, isKnownOrigin: (origin) => store.isKnownOrigin(origin) });
    const judge = (request: RawRequest, { requestId }: { requestId: string }): Verdict => {
      try {
        return guard(request);
      } catch (error) {
        log('error', 'the guard failed', { requestId, detail: String(error) }); // the store could not be asked: nobody gets in
        return { refused: internalRefusal() };
      }
    };
    const app = createApp(context, options.pageFolder);
    const begin = ({ headers: { traceparent } }: IncomingMessage) => ({
      requestId: ids.next('req'),
      traceId: traceIdOf(typeof traceparent === 'string' ? traceparent : undefined) ?? ids.randomHex(16),
    });
    const tellRefused = (request: IncomingMessage | undefined, { code }: Refusal, names: { requestId: string; traceId: string }) => {
      const subject = request ? `${request.method} ${request.url?.split('?', 1)[0]}` : 'connection';
      audit.refused({ actor: 'nobody', subject, code, ...names });
    };

    const bindings = new WeakMap<IncomingMessage, Omit<DoorEnv['Bindings'], 'incoming' | 'outgoing'>>();
    const listener = getRequestListener(
      (request, env) => {
        const { incoming, outgoing } = env as { incoming: IncomingMessage; outgoing: ServerResponse };
        return app.fetch(request, { incoming, outgoing, ...bindings.get(incoming)! });
      },
      { overrideGlobalObjects: false },
    );

    const respond = (request: IncomingMessage, response: ServerResponse) => {
      const names = begin(request);
      answering.add(request.socket);
      response.once('close', () => answering.delete(request.socket));
      for (const [name, value] of Object.entries(CLOSED_HEADERS)) response.setHeader(name, value);
      response.setHeader('x-request-id', names.requestId);
      const refuse = (refused: Refusal) => {
        request.on('error', () => {}).resume(); // read away, so that the client gets to see the answer
        response.writeHead(ERROR_STATUS[refused.code], problemHeaders(refused));
        response.end(JSON.stringify(problemBody(refused, names.requestId)));
      };
      if (stopping) {
        response.setHeader('connection', 'close');
        return refuse(refusal('degraded', 'The daemon is stopping.'));
      }
      const verdict = judge(rawRequest('http', request), names);
      if ('admitted' in verdict) {
        bindings.set(request, { ...names, admitted: verdict.admitted });
        return void listener(request, response);
      }
      if ('redirect' in verdict) return void response.writeHead(308, { location: verdict.redirect }).end();
      tellRefused(request, verdict.refused, names);
      return refuse(verdict.refused);
    };
    server.on('request', respond);
    server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
      for (const [name, value] of Object.entries(CLOSED_HEADERS)) response.setHeader(name, value);
      const refused = refusal('bad_request', 'Only 100-continue may be expected.');
      response.writeHead(ERROR_STATUS[refused.code], { ...problemHeaders(refused), connection: 'close' });
      response.end(JSON.stringify(problemBody(refused, ids.next('req'))));
    });

    const refuseRaw = (socket: Duplex, refused: Refusal, requestId: string) => {
      socket.once('finish', () => socket.destroy());
      socket.end(rawResponse(refused, requestId, CLOSED_HEADERS));
    };
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex & { bytesWritten?: number }) => {
      // A connection that was slow, or spare like those a browser opens ahead, is closed without a word.
      const silent = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' || error.code === 'ECONNRESET';
      if (silent || !socket.writable || answering.has(socket) || socket.bytesWritten) {
        socket.destroy();
        return;
      }
      const refused = refusal('bad_request', 'This is not an HTTP request, or its headers are too large.');
      const names = { requestId: ids.next('req'), traceId: ids.randomHex(16) };
      tellRefused(undefined, refused, names);
      refuseRaw(socket, refused, names.requestId);
    });

    const sockets = openSocketDoor(context, (socket, request, message) => {
      const names = begin(request);
      const refused = refusal('bad_request', `${message}.`);
      tellRefused(request, refused, names);
      refuseRaw(socket, refused, names.requestId);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const names = begin(request);
      upgraded.add(socket);
      socket.once('close', () => upgraded.delete(socket));
      socket.on('error', (error) => log('debug', 'an upgrade failed', { requestId: names.requestId, detail: error.message }));
      const verdict = stopping ? { refused: refusal('degraded', 'The daemon is stopping.') } : judge(rawRequest('upgrade', request), names);
      const refused =
        'admitted' in verdict
          ? sockets.upgrade(request, socket, head, { ...names, origin: verdict.admitted.origin! })
          : 'refused' in verdict
            ? verdict.refused
            : refusal('not_found', 'There is no socket here.');
      if (!refused) return;
      tellRefused(request, refused, names);
      refuseRaw(socket, refused, names.requestId);
    });

    endClients = () => {
      app.endStreams();
      sockets.endAll();
    };
    cutClients = sockets.terminateAll;
  };

  return {
    async start() {
      const failure = await listen(server, options.port);
      if (failure) return { ok: false, ...failure };
      const { port } = server.address() as AddressInfo;
      open(port);
      server.on('error', (error) => log('error', 'the door failed', { detail: error.message }));
      return { ok: true, port };
    },
    async stop() {
      if (stopping || !server.listening) return;
      stopping = true;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(limits.drainMs, () => {
          cutClients();
          for (const socket of upgraded) socket.destroy();
          server.closeAllConnections();
        });
        server.close(() => {
          cancel();
          resolve();
        });
        endClients();
        server.closeIdleConnections();
      });
      audit.close();
    },
  };
}

function rawRequest(kind: RawRequest['kind'], { method, url, rawHeaders }: IncomingMessage): RawRequest {
  return { kind, method: method ?? '', url: url ?? '', rawHeaders };
}

/** Why the port could not be had; undefined when the server listens. */
function listen(server: Server, port: number): Promise<{ detail: string; remedy: string } | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      resolve({
        detail: taken ? `Port ${port} of 127.0.0.1 is taken by another process.` : `Port ${port} cannot be opened: ${error.message}`,
        remedy: taken ? `Stop that process (ss -ltnp 'sport = :${port}' names it) or choose another --port.` : 'Choose another --port.',
      });
    };
    server.once('error', failed);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.off('error', failed);
      resolve(undefined);
    });
  });
}
