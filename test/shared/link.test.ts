import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Link, openLink } from '#shared/link.ts';
import { pairingOf } from '../extension/support/open-life.ts';
import { clock, EXTENSION, type OpenDoor, openDoor } from '../http/support/open-door.ts';
import { until } from '../page/support/fake-daemon.ts';

interface Ways {
  /** When the hello of the connection with this number leaves. */
  hello?(connection: number, opened: () => void): void;
}

/** A link over a real socket to a real door. */
async function linkTo(door: OpenDoor, device: { deviceId: string; key: string }, { hello = (_, opened) => opened() }: Ways = {}) {
  let connections = 0;
  return openLink({
    device: device.deviceId,
    key: device.key,
    origin: EXTENSION,
    now: clock.now,
    after: clock.after,
    open(events) {
      connections += 1;
      const mine = connections;
      const socket = new WebSocket(`ws://127.0.0.1:${door.port}/ws`, { origin: EXTENSION });
      socket.on('open', () => hello(mine, () => events.opened()));
      socket.on('message', (data) => events.received(data.toString()));
      socket.on('error', () => {}); // told by close
      socket.on('close', (code) => events.closed(code));
      return { send: (text) => socket.send(text), close: () => socket.close() };
    },
  });
}

test('who subscribes before the daemon knows who is there is no stranger for it, and is subscribed once it is ready', async () => {
  const door = await openDoor();
  const link: Link = await linkTo(door, await pairingOf(door), {
    hello(_connection, opened) {
      opened();
      link.subscribe(0);
    },
  });
  const heard: number[] = [];
  link.onNotice((notice) => notice.type === 'run' && heard.push(notice.seq));
  await until(link.state, ({ is }) => is !== 'connecting');
  expect(link.state.get().is).toBe('ready');
  door.store.publish(1);
  await expect.poll(() => heard, { interval: 5 }).toEqual([1]);
  link.close();
  await door.stop();
});

test('a proof that comes too late, as after a sleep, is no reason to be taken for unpaired; a device that is unknown is', async () => {
  const door = await openDoor({ limits: { proofMs: 80 } });
  const pairing = await pairingOf(door);
  // The first hello never leaves: the daemon waits for it no longer than it does.
  const late = await linkTo(door, pairing, { hello: (connection, opened) => connection > 1 && opened() });
  await until(late.state, ({ is }) => is !== 'connecting');
  expect(late.state.get().is).toBe('ready');
  late.close();

  const unknown = await linkTo(door, { ...pairing, deviceId: `dev_${'x'.repeat(26)}` });
  await until(unknown.state, ({ is }) => is !== 'connecting');
  expect(unknown.state.get().is).toBe('unpaired');
  unknown.close();
  await door.stop();
});
