import type { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openClient } from '#shared/client.ts';
import type { DaemonFrame } from '#shared/socket.ts';
import { openFrameSocket, openSocketClient, type SocketClient } from '../support/socket-client.ts';
import { INPUTS } from './support/canned-handlers.ts';
import { RUN_ID } from './support/memory-store.ts';
import { EXTENSION, type OpenDoor, openDoor } from './support/open-door.ts';

let door: OpenDoor;
let owner: SocketClient;
const identity = () => ({ port: door.port, deviceId: door.owner.device.id, secretHex: door.owner.secretHex });
beforeEach(async () => {
  door = await openDoor({ limits: { stallMs: 200 } });
  owner = await openSocketClient(identity());
});
afterEach(() => door.stop());

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Sequence numbers of the notices a socket gets, and a wait for a number of them. */
function noticesOf(client: SocketClient) {
  const seqs: number[] = [];
  let look = () => {};
  client.ws.on('message', (data) => {
    const frame = JSON.parse(data.toString()) as DaemonFrame;
    if (frame.type === 'notice') seqs.push(frame.notice.seq);
    look();
  });
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      look = () => seqs.length >= count && resolve();
      look();
    });
  return { seqs, until };
}

test('a call takes the same way as over HTTP: role, key, input, handler, reply', async () => {
  const created = await owner.call('createRun', { body: { prompt: ' Make it blue ' }, key: 'client-key-1' });
  expect(created).toMatchObject({ status: 202, body: { run: { id: RUN_ID } } });
  expect(door.seen.at(-1)).toMatchObject({
    input: { body: { prompt: 'Make it blue' } },
    caller: { actor: 'owner', deviceKind: 'page', door: 'createRun', key: 'client-key-1', origin: door.page },
  });
  const overHttp = await door.call('createRun', { body: { prompt: 'Make it blue' } });
  expect(overHttp.status).toBe(202);
  expect(door.seen[1]!.caller.bodyHash).toBe(door.seen[0]!.caller.bodyHash);

  expect(await owner.call('createRun', { body: { prompt: 'x' } })).toMatchObject({
    status: 400,
    body: { error: { code: 'idempotency_key_required' } },
  });
  expect(await owner.call('createRun', { body: { prompt: 'x', sudo: 1 }, key: 'client-key-2' })).toMatchObject({ status: 400 });
  expect(await owner.call('getRun', { params: { id: 'x' } })).toMatchObject({ status: 404 });
  expect(await owner.call('listRuns', { query: { limit: 5 } })).toMatchObject({ status: 200 });
  expect(await owner.call('toString')).toMatchObject({ status: 404 });
  expect(await owner.call('__proto__')).toMatchObject({ status: 404 });
  expect(await owner.call('createArtifact')).toMatchObject({ status: 400 });
  expect(door.seen.length).toBe(3);
});

test('the typed client works over the socket', async () => {
  const client = openClient(owner.transport);
  expect(await client.call('getRun', { params: { id: RUN_ID } })).toMatchObject({ ok: true, value: { run: { id: RUN_ID } } });
  expect(await client.call('cancelRun', { params: { id: RUN_ID }, body: {} })).toMatchObject({
    ok: false,
    code: 'idempotency_key_required',
  });
});

test('WEB-12 a role holds over the socket, from the next call on after it changed', async () => {
  const { device, secretHex } = door.extension;
  const client = await openSocketClient({ port: door.port, deviceId: device.id, secretHex, origin: EXTENSION });
  const approve = () => client.call('approveRun', { ...INPUTS.approveRun, key: 'client-key-1' } as never);
  expect(await approve()).toMatchObject({ status: 403 });
  expect(door.store.refused).toMatchObject([{ actor: 'owner', deviceId: device.id, subject: 'approveRun', code: 'forbidden' }]);
  device.role = 'approver';
  expect(await approve()).toMatchObject({ status: 202 });
  device.role = 'viewer';
  expect(await approve()).toMatchObject({ status: 403 });
});

test('a socket cut at any point resumes without a gap and without a repeat', async () => {
  door.store.publish(40);
  const first = noticesOf(owner);
  owner.say({ v: 1, type: 'subscribe', after: 0 });
  await first.until(40);
  door.store.publish(20);
  await first.until(50);
  owner.ws.terminate();
  await owner.closed;
  door.store.publish(25);
  const client = await openSocketClient(identity());
  const second = noticesOf(client);
  client.say({ v: 1, type: 'subscribe', after: first.seqs.at(-1)! });
  door.store.publish(15);
  await second.until(100 - first.seqs.length);
  expect([...first.seqs, ...second.seqs]).toEqual(upTo(100));
});

test('subscribing again replaces the subscription, so nothing comes twice', async () => {
  door.store.publish(3);
  const notices = noticesOf(owner);
  owner.say({ v: 1, type: 'subscribe', after: 3 });
  owner.say({ v: 1, type: 'subscribe', after: 2 });
  await notices.until(1);
  door.store.publish(2);
  await notices.until(3);
  expect(notices.seqs).toEqual([3, 4, 5]);
});

test('a long past reaches a reader whole, though it is larger than what may wait unread', async () => {
  door.store.publish(400, 20_000);
  const notices = noticesOf(owner);
  owner.say({ v: 1, type: 'subscribe', after: 0 });
  await notices.until(400);
  door.store.publish(1);
  await notices.until(401);
  expect(notices.seqs).toEqual(upTo(401));
});

test('WS-11 a position from the future, or none, closes 4400', async () => {
  for (const after of [1, -1, 0.5, 1e300]) {
    const client = await openSocketClient(identity());
    client.say({ v: 1, type: 'subscribe', after });
    expect([after, (await client.closed).code]).toEqual([after, 4400]);
  }
});

test('a log is followed from an offset, live to its end; stop stops it; an unknown one is finished', async () => {
  door.store.appendLog(RUN_ID, 'agent', 'first\n');
  door.store.appendLog(RUN_ID, 'agent', 'zweite Zeile: ü\n');
  const follow = (stream: string, offset: number, stop?: boolean) =>
    owner.say({ v: 1, type: 'follow', runId: RUN_ID, stream, offset, ...(stop ? { stop } : {}) });
  follow('agent', 6);
  expect(await owner.next('output')).toMatchObject({
    runId: RUN_ID,
    stream: 'agent',
    offset: 6,
    data: 'zweite Zeile: ü\n',
    finished: false,
  });
  door.store.appendLog(RUN_ID, 'agent', 'last\n', true);
  expect(await owner.next('output')).toMatchObject({ offset: 23, data: 'last\n', finished: true });
  follow('none', 7);
  expect(await owner.next('output')).toMatchObject({ stream: 'none', offset: 7, data: '', finished: true });

  const quiet = door.store.listeners();
  door.store.appendLog(RUN_ID, 'check', 'a');
  follow('check', 0);
  await owner.next('output');
  expect(door.store.listeners()).toBe(quiet + 1);
  follow('check', 1, true);
  owner.say({ v: 1, type: 'ping' });
  await owner.next('pong');
  expect(door.store.listeners()).toBe(quiet);
});

test('a revoked device is closed 4403 at once, and its socket leaves nothing behind', async () => {
  owner.say({ v: 1, type: 'subscribe', after: 0 });
  owner.say({ v: 1, type: 'ping' });
  await owner.next('pong');
  door.store.revoke(door.owner.device.id);
  expect((await owner.closed).code).toBe(4403);
  while (door.store.listeners() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('WS-12 frames that are no frames close 4400 and touch nothing', async () => {
  const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
  for (const text of [
    'x',
    '[]',
    'null',
    '{"v":1,"type":"sudo"}',
    '{"v":2,"type":"ping"}',
    '{"v":1}',
    '{"v":1,"type":"__proto__"}',
    '{"__proto__":{"v":1,"type":"ping"}}',
    '{"v":1,"type":"call","id":"","door":"status"}',
    '{"v":1,"type":"call","id":"1","door":5}',
    '{"v":1,"type":"call","id":"1","door":"status","params":{"a":1}}',
    '{"v":1,"type":"follow","runId":"r","stream":"s","offset":"0"}',
    `{"v":1,"type":"hello","device":"d","nc":"${'0'.repeat(32)}","protocol":1}`,
    deep,
    Buffer.from('{"v":1,"type":"ping"}'),
  ]) {
    const client = await openSocketClient(identity());
    client.ws.send(text);
    expect([String(text).slice(0, 60), (await client.closed).code]).toEqual([String(text).slice(0, 60), 4400]);
  }
  for (const body of ['{"prompt":"x","__proto__":{"polluted":1}}', deep]) {
    owner.ws.send(`{"v":1,"type":"call","id":"raw","door":"createRun","key":"client-key-1","body":${body}}`);
    expect((await owner.next('reply')).status).toBe(400);
  }
  expect('polluted' in {}).toBe(false);
  expect(door.seen).toEqual([]);
});

test('WS-07 a frame over the cap closes 1009 and a message in thousands of pieces is cut, without the memory growing', async () => {
  const before = process.memoryUsage().rss;
  owner.ws.send('x'.repeat(90 * 1_024 * 1_024));
  expect((await owner.closed).code).toBe(1009);
  const pieces = await openSocketClient(identity());
  for (let i = 0; i < 10_000 && pieces.ws.readyState === pieces.ws.OPEN; i++) pieces.ws.send('x', { fin: false });
  expect([1008, 1009]).toContain((await pieces.closed).code);
  expect((await openSocketClient(identity()).then((client) => client.call('status'))).status).toBe(200);
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1_024 * 1_024); // ours and the client's 90 MB in one process
});

test('WS-07 compression is not negotiated, so no bomb can be sent', async () => {
  const socket = await openFrameSocket(door.port, door.page, { 'sec-websocket-extensions': 'permessage-deflate' });
  expect(socket.ws.extensions).toBe('');
  socket.ws.terminate();
});

test('WS-08 a flood of frames, or of pings below them, is closed while another client is served', async () => {
  const other = await openSocketClient(identity());
  for (let i = 0; i < 20_000; i++) owner.say({ v: 1, type: 'ping' });
  const times: number[] = [];
  for (let i = 0; i < 40; i++) {
    const before = performance.now();
    expect((await other.call('status')).status).toBe(200);
    times.push(performance.now() - before);
  }
  expect((await owner.closed).code).toBe(1008);
  expect(Math.max(...times)).toBeLessThan(1_000);
  const pinger = await openSocketClient(identity());
  for (let i = 0; i < 1_000; i++) pinger.ws.ping();
  expect([1006, 1008]).toContain((await pinger.closed).code); // ws itself cuts a burst of pings
});

/** Lets a client's socket stop reading below the WebSocket, so that the daemon's bytes pile up. */
const deafen = (client: SocketClient) => (client.ws as unknown as { _socket: ReturnType<typeof connect> })._socket.pause();

test('WS-09 a live reader that does not read is cut at the limit and resumes by sequence number', async () => {
  owner.say({ v: 1, type: 'subscribe', after: 0 });
  owner.say({ v: 1, type: 'ping' });
  await owner.next('pong');
  const listening = door.store.listeners();
  deafen(owner);
  let published = 0;
  while (door.store.listeners() === listening && published < 3_000) {
    door.store.publish(10, 20_000);
    published += 10;
    await new Promise(setImmediate);
  }
  expect(door.store.listeners()).toBeLessThan(listening);
  owner.ws.terminate();
  const client = await openSocketClient(identity());
  const notices = noticesOf(client);
  client.say({ v: 1, type: 'subscribe', after: 0 });
  await notices.until(published);
  expect(notices.seqs).toEqual(upTo(published));
});

test('a large reply is sent whole, though it is larger than what may wait unread', async () => {
  const text = 'x'.repeat(3_000_000);
  const large = await openDoor({
    answers: { getLog: () => ({ ok: true, body: { name: 'agent', from: 0, next: 1, finished: true, text } }) },
  });
  const client = await openSocketClient({ port: large.port, deviceId: large.owner.device.id, secretHex: large.owner.secretHex });
  for (let i = 0; i < 3; i++) {
    const { body } = await client.call('getLog', { params: { id: RUN_ID, name: 'agent' } });
    expect((body as { text: string }).text.length).toBe(text.length);
  }
  await client.close();
  await large.stop();
});

test('a daemon that stops says so to every client', async () => {
  const stopped = door.stop();
  expect((await owner.closed).code).toBe(1001);
  await stopped;
});
