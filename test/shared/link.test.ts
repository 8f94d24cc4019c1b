import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openLink } from '#shared/link.ts';
import { pairingOf } from '../extension/support/open-life.ts';
import { clock, EXTENSION, openDoor } from '../http/support/open-door.ts';
import { until } from '../page/support/fake-daemon.ts';

test('who subscribes before the daemon knows who is there is no stranger for it, and is subscribed once it is ready', async () => {
  const door = await openDoor();
  const { deviceId, key } = await pairingOf(door);
  const link = openLink({
    device: deviceId,
    key,
    origin: EXTENSION,
    now: clock.now,
    after: clock.after,
    open(events) {
      const socket = new WebSocket(`ws://127.0.0.1:${door.port}/ws`, { origin: EXTENSION });
      socket.on('open', () => {
        events.opened();
        link.subscribe(0);
      });
      socket.on('message', (data) => events.received(data.toString()));
      socket.on('error', () => {}); // told by close
      socket.on('close', (code) => events.closed(code));
      return { send: (text) => socket.send(text), close: () => socket.close() };
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
