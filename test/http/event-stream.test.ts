import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { Notice } from '#shared/stream.ts';
import { type OpenDoor, openDoor } from './support/open-door.ts';
import { send } from './support/raw-http.ts';

let door: OpenDoor;
beforeEach(async () => {
  door = await openDoor({ limits: { heartbeatMs: 50, stallMs: 200 } });
});
afterEach(() => door.stop());

/** A reader of the stream that keeps the sequence numbers it saw. */
async function read(query: string, headers: Record<string, string> = {}) {
  const seqs: number[] = [];
  let comments = 0;
  let text = '';
  let look = () => {};
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: door.port,
        path: `/api/events${query}`,
        agent: false,
        headers: { authorization: door.cli.bearer, 'x-codex-builder-protocol': '1', ...headers },
      },
      resolve,
    );
    request.on('error', reject);
    request.end();
  });
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  response.on('error', () => {}); // cut by us
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop()!;
    for (const event of events) {
      const match = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(event);
      if (match) {
        const notice = z.parse(Notice, JSON.parse(match[3]!));
        expect([notice.seq, notice.type]).toEqual([Number(match[1]), match[2]]);
        seqs.push(notice.seq);
      } else comments += event.startsWith(':') ? 1 : 0;
    }
    look();
  });
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      look = () => holds() && resolve();
      look();
    });
  return { response, seqs, closed, until, comments: () => comments, end: () => response.destroy() };
}

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

test('a stream cut at any point resumes by Last-Event-ID or ?after= without a gap and without a repeat', async () => {
  door.store.publish(50);
  const first = await read('?after=0');
  await first.until(() => first.seqs.length >= 50);
  door.store.publish(30);
  await first.until(() => first.seqs.length >= 60);
  first.end();
  await first.closed;
  const cut = first.seqs.at(-1)!;
  door.store.publish(40);
  const second = await read('?after=0', { 'last-event-id': String(cut) });
  door.store.publish(10);
  await second.until(() => second.seqs.at(-1) === 130);
  expect([...first.seqs, ...second.seqs]).toEqual(upTo(130));
  second.end();
});

test('without a position the stream starts at now, and a quiet one says that it lives', async () => {
  door.store.publish(5);
  const stream = await read('');
  expect(stream.response.headers['content-type']).toBe('text/event-stream');
  door.store.publish(1);
  await stream.until(() => stream.seqs.length === 1 && stream.comments() > 1);
  expect(stream.seqs).toEqual([6]);
  stream.end();
});

test('WS-11 a position from the future, negative, doubled or ill-formed is refused', async () => {
  door.store.publish(3);
  for (const [query, status] of [
    ['?after=4', 409],
    ['?after=-1', 400],
    ['?after=1&after=2', 400],
    ['?after=x', 400],
    ['?after=', 400],
    ['?token=x', 400],
    ['?after=1e1', 400],
  ] as const) {
    expect([query, (await send(door.port, { path: `/api/events${query}`, headers: door.headers() })).status]).toEqual([query, status]);
  }
  expect((await send(door.port, { path: '/api/events', headers: door.headers({ authorization: '' }) })).status).toBe(401);
});

test('a long past reaches a reader whole, though it is larger than what may wait unread', async () => {
  door.store.publish(400, 20_000); // 8 MB
  const stream = await read('?after=0');
  await stream.until(() => stream.seqs.length === 400);
  door.store.publish(1);
  await stream.until(() => stream.seqs.length === 401);
  expect(stream.seqs).toEqual(upTo(401));
  stream.end();
});

const deafReader = async (after: number): Promise<Socket> => {
  const socket = connect(door.port, '127.0.0.1');
  const head = `GET /api/events?after=${after} HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nAuthorization: ${door.cli.bearer}\r\nX-Codex-Builder-Protocol: 1\r\n\r\n`;
  socket.on('error', () => {}); // it is cut
  await new Promise<void>((resolve) => socket.write(head, () => resolve()));
  return socket;
};

test('WS-09 a live reader that does not read is dropped, and the door holds no more than its limit', async () => {
  const quiet = door.store.listeners();
  const socket = await deafReader(0);
  while (door.store.listeners() === quiet) await new Promise(setImmediate);
  let published = 0;
  while (door.store.listeners() > quiet && published < 2_000) {
    door.store.publish(10, 20_000);
    published += 10;
    await new Promise(setImmediate);
  }
  expect(door.store.listeners()).toBe(quiet);
  const resumed = await read('?after=0');
  await resumed.until(() => resumed.seqs.length === published);
  expect(resumed.seqs).toEqual(upTo(published));
  resumed.end();
  socket.destroy();
});

test('a reader of the past that takes nothing is dropped after a while', async () => {
  door.store.publish(600, 20_000);
  const quiet = door.store.listeners();
  const socket = await deafReader(0);
  while (door.store.listeners() === quiet) await new Promise(setImmediate);
  while (door.store.listeners() > quiet) await new Promise((resolve) => setTimeout(resolve, 10));
  socket.destroy();
});

test('a revoked device loses its stream at once', async () => {
  const stream = await read('');
  door.store.revoke(door.cli.device.id);
  await stream.closed;
  expect((await send(door.port, { path: '/api/events', headers: door.headers({ authorization: door.cli.bearer }) })).status).toBe(401);
});

test('a reader that leaves leaves no listener behind', async () => {
  const quiet = door.store.listeners();
  const streams = await Promise.all([read(''), read('?after=0'), read('')]);
  expect(door.store.listeners()).toBeGreaterThan(quiet);
  for (const stream of streams) stream.end();
  while (door.store.listeners() > quiet) await new Promise((resolve) => setTimeout(resolve, 5));
});
