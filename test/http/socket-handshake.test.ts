import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { clientMac, daemonMac, nonce, sameMac, socketKey } from '#shared/pairing.ts';
import { type FrameSocket, openFrameSocket, openSocketClient, shakeHands } from '../support/socket-client.ts';
import { EXTENSION, type OpenDoor, openDoor } from './support/open-door.ts';
import { exchange, statusOf } from './support/raw-http.ts';

let door: OpenDoor;
beforeEach(async () => {
  door = await openDoor({ limits: { proofMs: 60_000 } });
});
afterEach(() => door.stop());

const identity = () => ({ port: door.port, deviceId: door.owner.device.id, secretHex: door.owner.secretHex });
const hello = (device: string, nc: string, protocol = 1) => ({ v: 1 as const, type: 'hello' as const, device, nc, protocol });

/** As far as the challenge. */
async function challenged(origin = door.page): Promise<{ socket: FrameSocket; key: string; nc: string; ns: string; mac: string }> {
  const socket = await openFrameSocket(door.port, origin);
  const nc = nonce();
  socket.say(hello(door.owner.device.id, nc));
  const { ns, mac } = await socket.next('challenge');
  return { socket, key: await socketKey(door.owner.secretHex), nc, ns, mac };
}

test('a paired page and a paired extension are let in from their own origins', async () => {
  const page = await openSocketClient(identity());
  expect(page.ready).toMatchObject({ protocol: 1, user: 'owner', role: 'admin' });
  await page.close();
  const { device, secretHex } = door.extension;
  const extension = await openSocketClient({ port: door.port, deviceId: device.id, secretHex, origin: EXTENSION });
  expect(extension.ready.role).toBe('requester');
  await extension.close();
});

test('WEB-19 whoever squats the port cannot prove to be the daemon, and is told nothing it could use', async () => {
  const squatter = createServer();
  const heard: { type: string }[] = [];
  new WebSocketServer({ server: squatter }).on('connection', (ws) =>
    ws.on('message', async (data) => {
      const frame = JSON.parse(data.toString()) as { type: string; nc: string };
      heard.push(frame);
      const ns = nonce();
      ws.send(JSON.stringify({ v: 1, type: 'challenge', ns, mac: await daemonMac(nonce(), frame.nc, ns, door.page) }));
    }),
  );
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  const { port } = squatter.address() as AddressInfo;
  const socket = await openFrameSocket(port, door.page);
  await expect(shakeHands(socket, { ...identity(), port, origin: door.page })).rejects.toThrow('not the daemon');
  expect(heard.map(({ type }) => type)).toEqual(['hello']);
  expect(JSON.stringify(heard)).not.toContain(door.owner.secretHex);
  await new Promise((resolve) => squatter.close(resolve));
});

test.each([
  ['a mac under another key', async ({ nc, ns }) => clientMac(nonce(), nc, ns, door.page)],
  ["the daemon's own mac sent back", async ({ mac }) => mac],
  ['the label of the other side', async ({ key, nc, ns }) => daemonMac(key, nc, ns, door.page)],
  ['the nonces the other way round', async ({ key, nc, ns }) => clientMac(key, ns, nc, door.page)],
  ['another origin', async ({ key, nc, ns }) => clientMac(key, nc, ns, EXTENSION)],
  ['no origin', async ({ key, nc, ns }) => clientMac(key, nc, ns, '')],
  ['a cut mac', async ({ key, nc, ns }) => (await clientMac(key, nc, ns, door.page)).slice(0, 32)],
] as [string, (given: Awaited<ReturnType<typeof challenged>>) => Promise<string>][])(
  'WS-05 a proof with %s is closed 4401 and audited',
  async (_what, make) => {
    const given = await challenged();
    given.socket.say({ v: 1, type: 'proof', mac: await make(given) });
    expect((await given.socket.closed).code).toBe(4401);
    expect(door.store.refused).toMatchObject([{ actor: 'owner', deviceId: door.owner.device.id, subject: 'ws', code: 'unauthorized' }]);
  },
);

test('WS-05 a recorded handshake opens nothing a second time, with the same nonce of the client', async () => {
  const first = await challenged();
  const proof = { v: 1 as const, type: 'proof' as const, mac: await clientMac(first.key, first.nc, first.ns, door.page) };
  first.socket.say(proof);
  await first.socket.next('ready');
  const again = await openFrameSocket(door.port, door.page);
  again.say(hello(door.owner.device.id, first.nc));
  const challenge = await again.next('challenge');
  expect(challenge.ns).not.toBe(first.ns);
  expect(sameMac(challenge.mac, first.mac)).toBe(false);
  again.say(proof);
  expect((await again.closed).code).toBe(4401);
  first.socket.ws.terminate();
});

test('a second proof on the same socket is not tried', async () => {
  const given = await challenged();
  given.socket.say({ v: 1, type: 'proof', mac: nonce() });
  given.socket.say({ v: 1, type: 'proof', mac: await clientMac(given.key, given.nc, given.ns, door.page) });
  expect((await given.socket.closed).code).toBe(4401);
  await expect(given.socket.next('ready')).rejects.toThrow();
});

test('the secret of one origin is worth nothing from another', async () => {
  const { device, secretHex } = door.extension;
  await expect(openSocketClient({ port: door.port, deviceId: device.id, secretHex })).rejects.toThrow('4401');
  await expect(openSocketClient({ ...identity(), origin: EXTENSION })).rejects.toThrow('4401');
});

test('an unknown device is 4401, a revoked one 4403, another protocol 4426', async () => {
  const close = async (frame: object) => {
    const socket = await openFrameSocket(door.port, door.page);
    socket.say(frame as Record<string, unknown>);
    return (await socket.closed).code;
  };
  expect(await close(hello('dev_unknown', nonce()))).toBe(4401);
  expect(await close(hello(door.owner.device.id, nonce(), 2))).toBe(4426);
  const gone = await door.store.addDevice({ role: 'admin', kind: 'page' });
  door.store.revoke(gone.device.id);
  expect(await close(hello(gone.device.id, nonce()))).toBe(4403);
});

test('a device revoked between challenge and proof does not get in', async () => {
  const given = await challenged();
  door.store.revoke(door.owner.device.id);
  given.socket.say({ v: 1, type: 'proof', mac: await clientMac(given.key, given.nc, given.ns, door.page) });
  expect((await given.socket.closed).code).toBe(4403);
});

test('before the proof nothing else is listened to', async () => {
  for (const frame of [
    { v: 1, type: 'call', id: '1', door: 'status' },
    { v: 1, type: 'subscribe', after: 0 },
    { v: 1, type: 'ping' },
    { v: 1, type: 'proof', mac: nonce() },
    { v: 2, type: 'hello', device: door.owner.device.id, nc: nonce(), protocol: 1 },
    { ...hello(door.owner.device.id, nonce()), pad: 'x'.repeat(2_000) },
    {},
  ]) {
    const socket = await openFrameSocket(door.port, door.page);
    socket.say(frame as Record<string, unknown>);
    expect([frame, (await socket.closed).code]).toEqual([frame, 4401]);
  }
  expect(door.seen).toEqual([]);
});

test('WS-06 a secret or anything else in URL, Authorization or subprotocol is refused before the upgrade', async () => {
  const upgrade = async (path: string, more: string) =>
    statusOf(
      await exchange(
        door.port,
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nOrigin: ${door.page}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`,
        (soFar) => soFar.includes('\r\n\r\n'),
      ),
    );
  expect(await upgrade('/ws', '')).toBe(101);
  expect(await upgrade(`/ws?token=${door.owner.secretHex}`, '')).toBe(400);
  expect(await upgrade('/ws?daemonUrl=ws://evil', '')).toBe(400);
  expect(await upgrade('/ws', `Authorization: ${door.owner.bearer}\r\n`)).toBe(400);
  expect(await upgrade('/ws', `Sec-WebSocket-Protocol: bearer.${door.owner.secretHex}\r\n`)).toBe(400);
  for (const path of ['/', '/ws/', '/api/events', '/wsx', '/codex']) expect([path, await upgrade(path, '')]).toEqual([path, 404]);
});

test('WS-04 without a proof in time the socket is closed 4401, wherever it stopped', async () => {
  const hasty = await openDoor({ limits: { proofMs: 60 } });
  const silent = await openFrameSocket(hasty.port, hasty.page);
  const halfway = await openFrameSocket(hasty.port, hasty.page);
  halfway.say(hello(hasty.owner.device.id, nonce()));
  expect((await silent.closed).code).toBe(4401);
  expect((await halfway.closed).code).toBe(4401);
  const proved = await openSocketClient({ port: hasty.port, deviceId: hasty.owner.device.id, secretHex: hasty.owner.secretHex });
  await new Promise((resolve) => setTimeout(resolve, 120)); // past the deadline it has met
  expect((await proved.call('status')).status).toBe(200);
  await proved.close();
  await hasty.stop();
});

test('WS-04 the ninth socket that has not proved itself is refused; one proof makes room', async () => {
  const sockets = await Promise.all(Array.from({ length: 8 }, () => openFrameSocket(door.port, door.page)));
  await expect(openFrameSocket(door.port, door.page)).rejects.toThrow('refused 503');
  await shakeHands(sockets[0]!, identity());
  const ninth = await openFrameSocket(door.port, door.page);
  await expect(openFrameSocket(door.port, door.page)).rejects.toThrow('refused 503');
  sockets[1]!.ws.close();
  await sockets[1]!.closed;
  const tenth = await openFrameSocket(door.port, door.page);
  for (const socket of [...sockets, ninth, tenth]) socket.ws.terminate();
});

test('no more sockets than allowed are open in all', async () => {
  const small = await openDoor({ limits: { sockets: 3 } });
  const one = { port: small.port, deviceId: small.owner.device.id, secretHex: small.owner.secretHex };
  const clients = [await openSocketClient(one), await openSocketClient(one), await openSocketClient(one)];
  await expect(openSocketClient(one)).rejects.toThrow('refused 503');
  await clients[0]!.close();
  await (await openSocketClient(one)).close();
  await small.stop();
});
