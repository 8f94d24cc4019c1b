import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MADE_BY } from '#shared/made-by.ts';
import { forward, forwardUpgrade, type Passage } from './forward.ts';
import { countOf, type Hop } from './headers.ts';
import { type HostRules, type Place, placeOf } from './hosts.ts';
import { answer, waitingPage } from './pages.ts';
import { refusalOf } from './preview-guard.ts';
import type { StateFile } from './state-file.ts';
import type { Targets } from './targets.ts';
import type { Traffic } from './traffic.ts';
import { isReachable } from './upstream.ts';

/** A client that sends no byte of its body for so long is gone. */
const UPLOAD_IDLE_MS = 120_000;
/** What a browser keeps of a site. */
const EVERYTHING = '"cache", "cookies", "storage"';
/** How the daemon calls itself when it looks at production: no traffic of people. */
const OWN_AGENT = 'codex-builder';

export interface RouterParts {
  state: StateFile;
  targets: Targets;
  traffic: Traffic;
  appHost: string;
  port: number;
  scheme: 'http' | 'https';
}

/** The public side: which program answers which name. It follows no redirect and keeps no request. */
export function createRouter(parts: RouterParts): Server {
  const server = createServer({
    headersTimeout: 5_000,
    requestTimeout: 600_000,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: 65_000,
  });
  server.maxHeadersCount = 0; // bounded by bytes; past a count Node would drop headers silently
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    req.on('error', () => res.destroy());
    res.on('error', () => req.destroy());
    limitUpload(req);
    const passage = admit(parts, req, res);
    if (passage) forward(passage);
  });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    (socket as Socket).setNoDelay(true).setTimeout(0);
    const res = responseOn(req, socket);
    const passage = admit(parts, req, res);
    if (passage) forwardUpgrade(passage, socket, head);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
  });
  return server;
}

/** Answers what is not passed on; otherwise says where it goes. */
function admit(parts: RouterParts, req: IncomingMessage, res: ServerResponse): Passage | undefined {
  const { state, appHost, port, scheme, targets } = parts;
  const { config } = state.current;
  const rules: HostRules = { appHost, previewHosts: config.previewHosts, port, local: appHost.endsWith('.localhost') };
  if (countOf(req.rawHeaders, 'host') !== 1 || !(req.url ?? '').startsWith('/'))
    return void answer(res, 400, 'This request is not understood.');
  const place = placeOf(req.headers.host, rules);
  if (!place) return void answer(res, 403, 'This name is not served here.');
  const authority = req.headers.host!.toLowerCase();
  const hop: Hop = { preview: place.kind === 'preview', authority, scheme, remote: req.socket.remoteAddress ?? '' };
  if (place.kind === 'preview') {
    const refusal = refusalOf(req.headers, `${scheme}://${authority}`);
    if (refusal) return void answer(res, 403, `Refused: ${refusal}.`);
  } else if (config.controlUrl && /^\/codex([/?]|$)/.test(req.url!)) {
    return void answer(res, 308, 'The control page is elsewhere.', { location: new URL(config.controlUrl).origin + req.url });
  }
  const upstream = place.kind === 'production' ? targets.live() : targets.preview(place.host);
  if (!upstream || !isReachable(upstream.address)) return void missing(req, res, place);
  // By an answer of its own: in one with the app's cookies the browser may forget those too.
  if (req.method === 'GET' && req.headers['sec-fetch-mode'] === 'navigate' && targets.mustForget(place, req)) {
    const location = `${scheme}://${authority}${req.url}`;
    return void answer(res, 307, 'Once more, without what an earlier run left.', { location, 'clear-site-data': EVERYTHING });
  }
  const count = counterOf(parts, place, req);
  return {
    req,
    res,
    hop,
    upstream,
    answered: count,
    extra() {
      const run = targets.runOf(place);
      return [
        ...(run === undefined ? [] : ['server-timing', `${MADE_BY};desc=${JSON.stringify(run)}`]),
        ...(targets.mustForget(place, req) ? ['clear-site-data', EVERYTHING] : []),
      ];
    },
    unreachable() {
      count(undefined);
      if (place.kind === 'preview') missing(req, res, place);
      else answer(res, 502, 'The app does not answer.', { 'retry-after': '1' });
    },
  };
}

/** Counts what becomes of a request for the release that had the traffic when it came. */
function counterOf({ state, traffic }: RouterParts, place: Place, req: IncomingMessage): (status: number | undefined) => void {
  const { live } = state.current;
  if (place.kind === 'preview' || live === undefined || req.headers['user-agent'] === OWN_AGENT) return () => {};
  return (status) => {
    // One that was stopped meanwhile has been forgotten, and stays so.
    if (state.current.releases.some(({ start }) => start.releaseId === live)) traffic.count(live, req.url ?? '/', status);
  };
}

function missing(req: IncomingMessage, res: ServerResponse, place: Place): void {
  if (place.kind === 'production') waitingPage(req, res, 'No release is live yet', 'This page looks again every few seconds.');
  else waitingPage(req, res, 'No preview is running here', 'It appears by itself when a run has something to show.');
}

function limitUpload(req: IncomingMessage): void {
  if (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined) return;
  const { socket } = req;
  socket.setTimeout(UPLOAD_IDLE_MS);
  req.once('end', () => socket.setTimeout(0));
}

/** A response for a connection that asked to be upgraded and may have to be answered plainly. */
function responseOn(req: IncomingMessage, socket: Duplex): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket as Socket);
  res.once('finish', () => {
    res.detachSocket(socket as Socket);
    socket.end();
  });
  return res;
}
