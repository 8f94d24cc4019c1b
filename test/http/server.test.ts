import { readdir, readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { createHttp } from '../../daemon/http/server.ts';
import { openFrameSocket, openSocketClient } from '../support/socket-client.ts';
import { cannedHandlers } from './support/canned-handlers.ts';
import { createMemoryStore } from './support/memory-store.ts';
import { clock, ids, type OpenDoor, openDoor } from './support/open-door.ts';
import { exchange, send, statusOf } from './support/raw-http.ts';

let door: OpenDoor | undefined;
afterEach(async () => {
  await door?.stop();
  door = undefined;
});

const connected = (port: number, host = '127.0.0.1') =>
  new Promise<Socket>((resolve, reject) => {
    const socket = connect({ port, host }, () => resolve(socket));
    socket.once('error', reject);
  });
const openFiles = async () => (await readdir('/proc/self/fd')).length;

test('WEB-19 a taken port is an answer with a remedy, not an exception', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  const { port } = squatter.address() as AddressInfo;
  const http = createHttp({
    port,
    handlers: cannedHandlers([]),
    store: createMemoryStore(),
    clock,
    ids,
    log: () => {},
    pageFolder: '/nonexistent',
  });
  const started = await http.start();
  expect(started).toMatchObject({ ok: false, detail: expect.stringContaining(String(port)), remedy: expect.stringContaining('--port') });
  await http.stop();
  await new Promise((resolve) => squatter.close(resolve));
});

test('WEB-04 only loopback is bound', async () => {
  door = await openDoor();
  const hex = door.port.toString(16).toUpperCase().padStart(4, '0');
  const listening = `${await readFile('/proc/net/tcp', 'utf8')}${await readFile('/proc/net/tcp6', 'utf8')}`
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${hex}`) && state === '0A');
  expect(listening.map(([, local]) => local)).toEqual([`0100007F:${hex}`]);
  const outside = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find((address) => !address.internal && address.family === 'IPv4');
  if (outside) await expect(connected(door.port, outside.address)).rejects.toThrow('ECONNREFUSED');
});

test('DOS-01 slow and silent connections are closed within the header limit, and the service answers all along', async () => {
  door = await openDoor({ limits: { headersMs: 300, requestMs: 600, checkMs: 50 } });
  const before = await openFiles();
  const sockets = await Promise.all(Array.from({ length: 300 }, () => connected(door!.port)));
  let open = sockets.length;
  const dripping = sockets.map((socket, i) => {
    socket.on('error', () => {}).on('close', () => open--);
    socket.resume();
    if (i % 3 === 0) return undefined;
    socket.write(
      i % 3 === 1 ? 'GET / HTTP/1.1\r\n' : `POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1:${door!.port}\r\nContent-Length: 99\r\n\r\n`,
    );
    return setInterval(() => socket.writable && socket.write(i % 3 === 1 ? 'X: y\r\n' : 'x'), 40);
  });
  expect((await send(door.port, { path: '/healthz' })).status).toBe(200);
  const started = performance.now();
  while (open > 0 && performance.now() - started < 5_000) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const timer of dripping) clearInterval(timer);
  expect(open).toBe(0);
  expect((await send(door.port, { path: '/healthz' })).status).toBe(200);
  while ((await openFiles()) > before + 5) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('WS-10 five hundred malformed upgrades leave no file descriptor behind', async () => {
  door = await openDoor({ limits: { headersMs: 300, requestMs: 300, checkMs: 50 } });
  const { port, page } = door;
  const before = await openFiles();
  const base = `Host: 127.0.0.1:${port}\r\nOrigin: ${page}\r\n`;
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const shapes = [
    `GET /ws HTTP/1.1\r\n${base}Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${key}\r\n`,
    `GET /ws HTTP/1.1\r\n${base}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n${key}\r\n`,
    `GET /ws HTTP/1.1\r\n${base}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    `GET /ws HTTP/1.1\r\n${base}Connection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Version: 13\r\n${key}\r\n`,
    `POST /ws HTTP/1.1\r\n${base}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${key}Content-Length: 0\r\n\r\n`,
  ];
  for (let round = 0; round < 100; round += 10) {
    const statuses = await Promise.all(
      Array.from({ length: 10 * shapes.length }, (_, i) =>
        exchange(port, shapes[i % shapes.length]!, (soFar) => soFar.includes('\r\n\r\n')),
      ),
    );
    for (const raw of statuses) expect([400, 404, 415]).toContain(statusOf(raw));
  }
  while ((await openFiles()) > before + 5) await new Promise((resolve) => setTimeout(resolve, 10));
  const client = await openSocketClient({ port, deviceId: door.owner.device.id, secretHex: door.owner.secretHex });
  await client.close();
});

test('a client that leaves in the middle of a call harms nobody', async () => {
  let release = () => {};
  door = await openDoor({
    answers: {
      status: () =>
        new Promise((resolve) => {
          release = () => resolve({ ok: false, code: 'degraded', message: 'Late.' });
        }),
    },
  });
  const head = Object.entries(door.headers()).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = await connected(door.port);
  socket.write(`GET /api/status HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\n${head.join('')}\r\n`);
  while (door.seen.length === 0) await new Promise(setImmediate);
  socket.destroy();
  release();
  expect((await send(door.port, { path: '/healthz' })).status).toBe(200);
});

test('AUD-03 a store that fails lets nobody in and takes nothing down with it', async () => {
  door = await openDoor();
  const { port, store, owner } = door;
  const identity = { port, deviceId: owner.device.id, secretHex: owner.secretHex };
  const [first, second, third] = [await openSocketClient(identity), await openSocketClient(identity), await openSocketClient(identity)];
  const broken = () => {
    throw new Error('database is locked');
  };
  const whole = { ...store };
  Object.assign(store, { isKnownOrigin: broken, auditRefused: broken, subscribe: broken, followLog: broken, findByBearerHash: broken });
  const extension = `chrome-extension://${'a'.repeat(32)}`;
  expect((await door.call('status', { headers: { origin: extension } })).status).toBe(500);
  expect((await door.call('status', { headers: { origin: 'http://evil' } })).status).toBe(403);
  expect((await door.call('status')).status).toBe(500);
  await expect(openFrameSocket(port, extension)).rejects.toThrow('refused 500');
  first.say({ v: 1, type: 'subscribe', after: 0 });
  second.say({ v: 1, type: 'follow', runId: 'run', stream: 'agent', offset: 0 });
  expect((await first.closed).code).toBe(1006);
  expect((await second.closed).code).toBe(1006);
  Object.assign(store, { findById: broken });
  third.say({ v: 1, type: 'call', id: '1', door: 'status' });
  expect((await third.closed).code).toBe(1011);
  await expect(openSocketClient(identity)).rejects.toThrow('closed 1011');
  Object.assign(store, whole);
  expect((await door.call('status')).status).toBe(200);
  expect(door.seen.length).toBe(1);
  expect(door.logged.some(({ fields }) => JSON.stringify(fields).includes('database is locked'))).toBe(true);
});

test('stopping lets a call that is under way end, and refuses what is new', async () => {
  let release = () => {};
  const slow = await openDoor({
    answers: {
      putFlags: () =>
        new Promise((resolve) => {
          release = () => resolve({ ok: true, body: { freeze: true, safeMode: false } });
        }),
    },
  });
  const call = slow.call('putFlags');
  while (slow.seen.length === 0) await new Promise(setImmediate);
  const stopped = slow.stop();
  await expect(send(slow.port, { path: '/healthz' })).rejects.toThrow('ECONNREFUSED');
  release();
  expect((await call).status).toBe(200);
  await stopped;
});

test('stopping does not wait for ever: what does not end is cut', async () => {
  const stuck = await openDoor({ limits: { drainMs: 50 }, answers: { status: () => new Promise(() => {}) } });
  const call = stuck.call('status').catch((error: Error) => error.message);
  while (stuck.seen.length === 0) await new Promise(setImmediate);
  const deaf = await openSocketClient({ port: stuck.port, deviceId: stuck.owner.device.id, secretHex: stuck.owner.secretHex });
  (deaf.ws as unknown as { _socket: Socket })._socket.pause();
  await stuck.stop();
  expect(await call).toMatch(/hang up|ECONNRESET/);
  deaf.ws.terminate();
});
