import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Hop, requestHeaders, responseHeaders, upgradeHead } from './headers.ts';
import { answer } from './pages.ts';
import type { Upstream } from './upstream.ts';

/** Response headers of large apps (policies, cookies) exceed Node's 16 KiB. */
const MAX_RESPONSE_HEADERS = 64 * 1024;

export interface Passage {
  req: IncomingMessage;
  res: ServerResponse;
  hop: Hop;
  upstream: Upstream;
  /** Headers added to the first part of the answer. */
  extra(): readonly string[];
  /** The app answered with this status. */
  answered(status: number): void;
  /** Nothing answered: the status and words for it. */
  unreachable(): void;
}

/** Passes one request on and its answer back, both streaming. */
export function forward(passage: Passage): void {
  const { req, res, upstream } = passage;
  const bodyless = req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined;
  const repeatable = bodyless && (req.method === 'GET' || req.method === 'HEAD');
  const leave = upstream.enter();
  res.once('close', leave);
  send(repeatable);

  /** What must not be sent twice gets a connection of its own: on a kept one the app may be hanging up just now. */
  function send(reuse: boolean): void {
    const headers = requestHeaders(req.rawHeaders, passage.hop);
    if (bodyless && req.method !== 'GET' && req.method !== 'HEAD') headers.push('content-length', '0');
    const call = request({
      ...upstream.address,
      agent: reuse ? upstream.agent : false,
      method: req.method,
      path: req.url,
      headers: headers as never, // Node takes the flat form, its types do not know it
      maxHeaderSize: MAX_RESPONSE_HEADERS,
    });
    const abort = () => {
      if (!res.writableFinished) call.destroy();
    };
    res.once('close', abort);
    let answered = false;
    call.once('response', (reply) => {
      answered = true;
      giveBack(passage, reply);
    });
    // Nobody asked for one: without this the browser would wait for ever.
    call.once('upgrade', (_reply, inner) => {
      inner.destroy();
      answered = true;
      cannotBePassedOn(passage);
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (answered || res.destroyed) return;
      res.off('close', abort);
      if (reuse && call.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return send(false);
      passage.unreachable();
    });
    call.once('close', () => {
      req.unpipe(call);
      req.resume();
    });
    if (bodyless) call.end();
    else req.pipe(call);
  }
}

function cannotBePassedOn({ res, answered }: Passage): void {
  answered(502);
  answer(res, 502, 'The app sent an answer that cannot be passed on.');
}

function giveBack(passage: Passage, reply: IncomingMessage): void {
  const { res, hop, extra, answered } = passage;
  const status = reply.statusCode ?? 502;
  try {
    res.writeHead(status, reply.statusMessage ?? '', [...responseHeaders(reply.rawHeaders, hop), ...extra()]);
  } catch {
    reply.destroy();
    cannotBePassedOn(passage);
    return;
  }
  answered(status);
  // A stream such as server-sent events may send its first byte much later than its headers.
  setImmediate(() => {
    if (!res.writableEnded && !res.destroyed) res.flushHeaders();
  });
  reply.once('error', () => res.destroy());
  reply.once('aborted', () => res.destroy());
  reply.pipe(res);
}

/** Passes a WebSocket on: query, subprotocol and bytes as they are. An app that refuses the upgrade answers as to a plain request. */
export function forwardUpgrade(passage: Passage, socket: Duplex, head: Buffer): void {
  const { req, res, upstream } = passage;
  const leave = upstream.enter(socket);
  socket.once('close', leave);
  const websocket = (req.headers.upgrade ?? '').toLowerCase() === 'websocket';
  const headers = [...requestHeaders(req.rawHeaders, passage.hop), ...(websocket ? ['connection', 'Upgrade', 'upgrade', 'websocket'] : [])];
  const call = request({ ...upstream.address, agent: false, method: req.method, path: req.url, headers: headers as never });
  const abort = () => call.destroy();
  socket.once('close', abort);
  call.once('response', (reply) => giveBack(passage, reply));
  call.once('upgrade', (reply, inner, innerHead) => {
    socket.off('close', abort);
    if (socket.destroyed) return void inner.destroy();
    passage.answered(101);
    res.detachSocket(socket as never);
    join(socket, inner);
    socket.write(upgradeHead(reply.rawHeaders));
    if (innerHead.length > 0) socket.write(innerHead);
    if (head.length > 0) inner.write(head);
    socket.pipe(inner);
    inner.pipe(socket);
  });
  call.on('error', () => {
    if (!res.headersSent && !socket.destroyed) passage.unreachable();
    else socket.destroy();
  });
  call.end();
}

/** Two ends of one connection end together; an error on either is the end of both. */
function join(a: Duplex, b: Duplex): void {
  const end = () => {
    a.destroy();
    b.destroy();
  };
  for (const side of [a, b]) side.once('error', end).once('close', end);
}
