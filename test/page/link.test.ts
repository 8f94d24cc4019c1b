import { expect, test } from 'vitest';
import { LinkLost } from '#shared/link.ts';
import { CLOSE } from '#shared/socket.ts';
import type { Notice } from '#shared/stream.ts';
import { openFakeDaemon, until } from './support/fake-daemon.ts';

async function ready() {
  const daemon = await openFakeDaemon();
  const link = daemon.connect();
  const socket = await daemon.welcome();
  return { daemon, link, socket };
}
const slots = (seq: number): Notice => ({ type: 'slots', seq });

test('the handshake proves both sides before anything else is said', async () => {
  const { link, socket } = await ready();
  expect(link.state.get()).toEqual({ is: 'ready', user: 'owner', role: 'admin' });
  expect(socket.received.map((frame) => frame.type)).toEqual(['hello', 'proof']);
});

test('a squatter on the port that cannot prove itself gets no proof and is named', async () => {
  const daemon = await openFakeDaemon({ secret: 'cd'.repeat(32) });
  const link = daemon.connect();
  void daemon.welcome().catch(() => {});
  await until(link.state, (state) => state.is === 'impostor');
  expect(daemon.sockets[0]?.received.map((frame) => frame.type)).toEqual(['hello']);
  expect(daemon.sockets[0]?.closedByClient).toBe(true);
  daemon.pass(10_000);
  expect(daemon.sockets.length).toBeGreaterThan(1);
  expect(link.state.get().is).toBe('impostor');
});

test('a peer that accepts and stays silent is given up', async () => {
  const daemon = await openFakeDaemon();
  const link = daemon.connect();
  await daemon.frame(daemon.sockets[0]!, 'hello');
  daemon.pass(9_000);
  expect(link.state.get().is).toBe('offline');
  expect(daemon.sockets.length).toBe(2);
});

test('answers find their calls in any order', async () => {
  const { link, socket } = await ready();
  const first = link.call({ door: 'listSlots' });
  const second = link.call({ door: 'listReleases' });
  const [a, b] = socket.received.filter((frame) => frame.type === 'call');
  socket.say({ v: 1, type: 'reply', id: b!.id, status: 200, body: 'releases' });
  socket.say({ v: 1, type: 'reply', id: a!.id, status: 404, body: 'slots' });
  expect([await first, await second]).toEqual([
    { status: 404, body: 'slots' },
    { status: 200, body: 'releases' },
  ]);
});

test('a call that was not answered before the break says so instead of waiting for ever', async () => {
  const { link, socket } = await ready();
  const call = link.call({ door: 'status' });
  socket.events.closed(1006);
  await expect(call).rejects.toBeInstanceOf(LinkLost);
  await expect(link.call({ door: 'status' })).rejects.toBeInstanceOf(LinkLost);
});

test('it connects again with growing pauses up to five seconds', async () => {
  const { daemon, link, socket } = await ready();
  socket.events.closed(1006);
  const pauses: number[] = [];
  for (let i = 0; i < 7; i++) {
    let waited = 0;
    const before = daemon.sockets.length;
    while (daemon.sockets.length === before) {
      daemon.pass(250);
      waited += 250;
    }
    pauses.push(waited);
    daemon.sockets.at(-1)!.events.closed(1006);
  }
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 5_000, 5_000, 5_000]);
  expect(link.state.get()).toMatchObject({ is: 'offline', since: 1_000 });
});

test('after a break it resumes from the last notice it heard, and the same notice is not told twice', async () => {
  const { daemon, link, socket } = await ready();
  const heard: number[] = [];
  link.onNotice((notice) => heard.push(notice.seq));
  link.subscribe(40);
  socket.say({ v: 1, type: 'notice', notice: slots(41) });
  socket.say({ v: 1, type: 'notice', notice: slots(42) });
  socket.events.closed(CLOSE.goingAway);
  daemon.pass(250);
  const again = await daemon.welcome();
  expect((await daemon.frame(again, 'subscribe')).after).toBe(42);
  again.say({ v: 1, type: 'notice', notice: slots(41) });
  again.say({ v: 1, type: 'notice', notice: slots(43) });
  expect(heard).toEqual([41, 42, 43]);
});

test('a ledger that does not reach to where we were is begun anew instead of asked again for ever', async () => {
  const { daemon, link, socket } = await ready();
  link.subscribe(900);
  socket.events.closed(1006);
  daemon.pass(250);
  const again = await daemon.welcome();
  await daemon.frame(again, 'subscribe');
  again.events.closed(4400);
  expect(link.seq()).toBeUndefined();
  daemon.pass(500);
  const third = await daemon.welcome();
  expect(third.received.some((frame) => frame.type === 'subscribe')).toBe(false);
});

test.each([
  ['revoked', CLOSE.revoked],
  ['version', CLOSE.version],
])('it is %s when the daemon closes with %i, and does not knock again', async (is, code) => {
  const { daemon, link, socket } = await ready();
  socket.events.closed(code);
  expect(link.state.get().is).toBe(is);
  daemon.pass(60_000);
  link.retry();
  expect(daemon.sockets.length).toBe(1);
});

test('it is unpaired when the daemon closes with 4401 twice, since once may be a proof that came too late, and then does not knock again', async () => {
  const { daemon, link, socket } = await ready();
  socket.events.closed(CLOSE.unauthorized);
  expect(link.state.get().is).toBe('offline');
  daemon.pass(250);
  daemon.sockets[1]!.events.closed(CLOSE.unauthorized);
  expect(link.state.get().is).toBe('unpaired');
  daemon.pass(60_000);
  link.retry();
  expect(daemon.sockets.length).toBe(2);
});

test('being too slow a reader is a break, not an end', async () => {
  const { daemon, link, socket } = await ready();
  socket.events.closed(CLOSE.overload);
  expect(link.state.get().is).toBe('offline');
  daemon.pass(250);
  expect(daemon.sockets.length).toBe(2);
});

test('a log goes on where it stopped, by bytes and not by characters', async () => {
  const { daemon, link, socket } = await ready();
  const outputs: string[] = [];
  link.follow('run_1', 'agent', 10, (output) => outputs.push(`${output.offset}-${output.next} ${output.data}`));
  expect(await daemon.frame(socket, 'follow')).toMatchObject({ runId: 'run_1', stream: 'agent', offset: 10 });
  socket.say({ v: 1, type: 'output', runId: 'run_1', stream: 'agent', offset: 10, next: 16, data: 'žluť', finished: false });
  socket.events.closed(1006);
  daemon.pass(250);
  const again = await daemon.welcome();
  expect((await daemon.frame(again, 'follow')).offset).toBe(16);
  again.say({ v: 1, type: 'output', runId: 'run_1', stream: 'agent', offset: 10, next: 16, data: 'žluť', finished: false });
  again.say({ v: 1, type: 'output', runId: 'run_1', stream: 'agent', offset: 16, next: 17, data: '!', finished: true });
  expect(outputs).toEqual(['10-16 žluť', '16-17 !']);
});

test('a log that is no longer wanted is stopped and not asked for again', async () => {
  const { daemon, link, socket } = await ready();
  link.follow('run_1', 'agent', 0, () => {})();
  expect((await daemon.frame(socket, 'follow', 1)).stop).toBe(true);
  socket.events.closed(1006);
  daemon.pass(250);
  const again = await daemon.welcome();
  expect(again.received.some((frame) => frame.type === 'follow')).toBe(false);
});

test('it pings every 20 seconds, and a connection that went silent is given up', async () => {
  const { daemon, link, socket } = await ready();
  daemon.pass(20_000);
  expect(socket.received.filter((frame) => frame.type === 'ping').length).toBe(1);
  socket.say({ v: 1, type: 'pong' });
  daemon.pass(40_000);
  expect(link.state.get().is).toBe('ready');
  daemon.pass(40_000);
  expect(socket.closedByClient).toBe(true);
});

test('frames it does not know, and frames that are no JSON, are passed over', async () => {
  const { link, socket } = await ready();
  socket.say({ type: 'from_the_future' });
  socket.events.received('{');
  socket.events.received(new ArrayBuffer(4));
  expect(link.state.get().is).toBe('ready');
});

test('what an old socket still says after a break is not heard', async () => {
  const { daemon, link, socket } = await ready();
  const heard: number[] = [];
  link.onNotice((notice) => heard.push(notice.seq));
  socket.events.closed(1006);
  daemon.pass(250);
  await daemon.welcome();
  socket.say({ v: 1, type: 'notice', notice: slots(7) });
  socket.events.closed(CLOSE.revoked);
  expect([heard, link.state.get().is]).toEqual([[], 'ready']);
});

test('closing leaves no timer and does not connect again', async () => {
  const { daemon, link } = await ready();
  link.close();
  expect(daemon.timers.size).toBe(0);
});
