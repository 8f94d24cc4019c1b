import { createHash } from 'node:crypto';
import { get } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod/mini';
import { socketKey } from '#shared/pairing.ts';
import { Notice } from '#shared/stream.ts';
import { entry, runAt, runIdOf } from '../store/temporary-store.ts';
import { openSocketClient, type SocketIdentity } from '../support/socket-client.ts';
import { openRealDoor, SECRET } from './support/open-real-door.ts';

const OTHER_SECRET = 'cd'.repeat(32);
const OTHER: Pick<SocketIdentity, 'deviceId' | 'secretHex'> = { deviceId: `dev_${'8'.repeat(26)}`, secretHex: OTHER_SECRET };

/** A door with a run, and a second person who is paired. */
async function setup() {
  const door = await openRealDoor({});
  const { store } = door;
  const key = await socketKey(OTHER_SECRET);
  store.ledger.act(entry('pair', OTHER.deviceId), (tx) => {
    store.devices.addUser({ id: 'usr_2', name: 'somebody-else', role: 'admin', at: tx.now });
    const secretHash = createHash('sha256').update(OTHER_SECRET, 'ascii').digest('hex');
    store.devices.add({ id: OTHER.deviceId, userId: 'usr_2', name: 'test', kind: 'page', secretHash, socketKey: key, at: tx.now });
  });
  runAt(store, 'failed');
  const mark = () =>
    store.ledger.act(entry('markRun', runIdOf(1)), (tx) => {
      store.reads.unsee('watcher', runIdOf(1));
      tx.hintRead('watcher', runIdOf(1));
    });
  /** Comes after everything that was said before. */
  const flush = () => store.ledger.act(entry('flags', 'flags'), (tx) => tx.hint('status'));
  return { ...door, mark, flush };
}

/** What a device hears from now on, up to a notice of how things stand. */
type Ear = { begun: Promise<void>; heard(): Promise<Notice[]> };

function ear(): { take(notice: Notice): void } & Ear {
  const notices: Notice[] = [];
  let begin = () => {};
  let end = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  return {
    begun,
    take(notice) {
      notices.push(notice);
      // The last of what is said whenever somebody begins to listen.
      if (notice.type === 'reads' && notice.runId === undefined) {
        notices.length = 0;
        begin();
      }
      if (notice.type === 'status') end();
    },
    heard: () =>
      new Promise((resolve) => {
        end = () => resolve(notices);
        if (notices.some(({ type }) => type === 'status')) end();
      }),
  };
}

async function listenOnSocket(identity: SocketIdentity, after: number): Promise<Ear> {
  const { take, ...rest } = ear();
  const client = await openSocketClient(identity);
  client.ws.on('message', (data) => {
    const frame = JSON.parse(data.toString()) as { type: string; notice: Notice };
    if (frame.type === 'notice') take(frame.notice);
  });
  client.say({ v: 1, type: 'subscribe', after });
  await rest.begun;
  return rest;
}

async function listenOnEvents(port: number, secret: string, after: number): Promise<Ear> {
  const { take, ...rest } = ear();
  const headers = { authorization: `Bearer ${secret}`, 'x-codex-builder-protocol': '1' };
  const request = get({ host: '127.0.0.1', port, path: `/api/events?after=${after}`, agent: false, headers }, (response) => {
    let text = '';
    response.on('error', () => {}); // it is cut
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) take(z.parse(Notice, JSON.parse(data)));
      }
    });
  });
  onTestFinished(() => void request.destroy());
  await rest.begun;
  return rest;
}

test('every device of the person who marked a run hears of it at once, and nobody else does', async () => {
  const { port, identity, store, mark, flush } = await setup();
  const seq = store.ledger.seq();
  const own = [await listenOnSocket(identity, seq), await listenOnSocket(identity, seq), await listenOnEvents(port, SECRET, seq)];
  const others = [await listenOnSocket({ port, ...OTHER }, seq), await listenOnEvents(port, OTHER_SECRET, seq)];
  mark();
  flush();
  const types = async (ears: readonly Ear[]) => Promise.all(ears.map(async ({ heard }) => heard()));
  for (const heard of await types(own))
    expect(heard).toEqual([
      { type: 'reads', seq, runId: runIdOf(1) },
      { type: 'status', seq },
    ]);
  for (const heard of await types(others)) expect(heard).toEqual([{ type: 'status', seq }]);
});
