// @ts-nocheck: run by plain node, not part of the program
// A small web app that tests put behind the gateway. Listens on PORT or on the unix socket SOCKET.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const { PORT, SOCKET, RELEASE_ID = 'none', BOOT_MS = '0', UNHEALTHY, IGNORE_TERM } = process.env;
const server = createServer((req, res) => {
  const url = new URL(req.url, 'http://app');
  res.setHeader('x-pid', String(process.pid));
  if (url.pathname === '/healthz') return res.writeHead(UNHEALTHY ? 500 : 200).end(RELEASE_ID);
  if (url.pathname === '/env') return res.end(JSON.stringify(process.env));
  if (url.pathname === '/headers') return res.end(JSON.stringify({ url: req.url, raw: req.rawHeaders }));
  if (url.pathname === '/slow') return setTimeout(() => res.end(RELEASE_ID), Number(url.searchParams.get('ms') ?? 300));
  if (url.pathname === '/size') {
    let bytes = 0;
    req.on('data', (chunk) => {
      bytes += chunk.length;
    });
    return req.on('end', () => res.end(String(bytes)));
  }
  if (url.pathname === '/stream') {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => res.write('data: tick\n\n'), 20);
    return res.on('close', () => clearInterval(timer));
  }
  if (url.pathname === '/echo-headers') {
    for (const [name, value] of url.searchParams) res.appendHeader(name, value);
    return res.end(RELEASE_ID);
  }
  if (url.pathname === '/raw') {
    // Answers with the bytes it is sent.
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    return req.on('end', () => req.socket.end(Buffer.concat(chunks)));
  }
  if (url.pathname === '/hang-up') return req.socket.destroy();
  if (url.pathname === '/hang-up-when-kept') {
    // Answers on a fresh connection and hangs up on one that was kept: the race every keep-alive pool has.
    if (req.socket.used) return req.socket.destroy();
    req.socket.used = true;
    return res.end(RELEASE_ID);
  }
  if (url.pathname === '/crash') return process.exit(3);
  if (url.pathname === '/status') return res.writeHead(Number(url.searchParams.get('code'))).end();
  if (url.pathname === '/write') {
    for (let n = Number(url.searchParams.get('mib')); n > 0; n -= 1) process.stdout.write(`${'x'.repeat(1023)}\n`.repeat(1024));
    return res.end();
  }
  if (url.pathname === '/redirect') return res.writeHead(302, { location: url.searchParams.get('to') }).end();
  res.end(RELEASE_ID);
});
const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered].at(-1) ?? false });
server.on('upgrade', (req, socket, head) => {
  if (req.url.startsWith('/no-ws')) return socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno');
  sockets.handleUpgrade(req, socket, head, (ws) => {
    ws.on('error', () => ws.terminate());
    ws.send(JSON.stringify({ url: req.url, headers: req.headers }));
    ws.on('message', (data, binary) => ws.send(data, { binary }));
  });
});
if (IGNORE_TERM) process.on('SIGTERM', () => {});
setTimeout(() => server.listen(SOCKET ?? { port: Number(PORT), host: '127.0.0.1' }), Number(BOOT_MS));
