import { afterEach, beforeEach, expect, test } from 'vitest';
import { nonce } from '#shared/pairing.ts';
import type { Service } from '../../extension/background/service.ts';
import type { Shelves } from '../../extension/background/shelves.ts';
import { EXTENSION, type OpenDoor, openDoor } from '../http/support/open-door.ts';
import { aRun } from '../page/support/fake-client.ts';
import { until } from '../page/support/fake-daemon.ts';
import { memoryShelves } from './support/memory-shelf.ts';
import { openLife, pairingOf } from './support/open-life.ts';

const PAIRED = 'dmn_0000000000000001';
let door: OpenDoor;
let shelves: Shelves;
const lives: { end(): void }[] = [];
/** Whether the daemon's queue is full, and whether it can say how it stands. */
let refuses = false;
let isDumb = false;

beforeEach(async () => {
  door = await openDoor({
    answers: {
      createRun: () => (refuses ? { ok: false, code: 'queue_full', message: 'The queue is full.' } : { ok: true, body: { run: aRun(1) } }),
      status: () =>
        isDumb
          ? { ok: false, code: 'internal', message: 'It failed.' }
          : {
              ok: true,
              body: {
                app: 'shop',
                productionUrl: 'http://app.localhost:4401/',
                agent: { ready: true, demo: false, examples: [] },
                sandbox: 'bwrap',
                upstream: { state: 'in_step' },
                banners: [],
                flags: { freeze: false, safeMode: false },
                seq: door.store.newestSeq(),
                you: { user: 'owner', role: 'requester', device: door.extension.device.id },
              },
            },
    },
  });
  shelves = memoryShelves();
});
afterEach(async () => {
  for (const life of lives.splice(0)) life.end();
  await door.stop();
});

async function live() {
  const life = await openLife(shelves);
  lives.push(life);
  return life;
}
const stateOf = (service: Service, id = PAIRED) => service.links.states.get().get(id)?.is;
const untilState = (service: Service, is: string, id = PAIRED) => until(service.links.states, (states) => states.get(id)?.is === is);
const untilKnown = (service: Service) => until(service.daemons, (daemons) => daemons.some(({ app }) => app === 'shop'));

/** Resolves when so many notices of runs were heard. */
function untilHeard(heard: readonly number[], count: number): Promise<void> {
  return expect.poll(() => heard.length, { interval: 5 }).toBe(count) as unknown as Promise<void>;
}

test('a pairing is connected, and what the daemon is and where its app lives is kept', async () => {
  const { service } = await live();
  await service.pair(await pairingOf(door));
  await untilKnown(service);
  expect(await shelves.daemons.get(PAIRED)).toMatchObject({
    app: 'shop',
    user: 'owner',
    role: 'requester',
    origins: ['http://app.localhost:4401'],
  });
});

test('the next life resumes where this one was: what happened between is heard, once and in order', async () => {
  const first = await live();
  await first.service.pair(await pairingOf(door));
  await untilKnown(first.service);
  await expect.poll(() => first.service.links.link(PAIRED)?.seq(), { interval: 5 }).toBe(0);
  door.store.publish(2);
  await untilHeard(first.heard, 2);
  await expect.poll(async () => (await shelves.daemons.get(PAIRED))?.seq, { interval: 5 }).toBe(2);
  first.end();

  door.store.publish(3);
  const second = await live();
  await untilHeard(second.heard, 3);
  expect([first.heard, second.heard]).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
});

test('a daemon whose ledger was replaced is begun anew', async () => {
  await shelves.daemons.put(await pairingOf(door, { seq: 900 }));
  const { service, heard } = await live();
  await untilState(service, 'ready');
  await expect.poll(() => service.links.link(PAIRED)?.seq(), { interval: 5 }).toBe(0);
  door.store.publish(1);
  await untilHeard(heard, 1);
});

test('paired again with the same app at the same address, the new pairing takes the place of the old, its patterns and its requests', async () => {
  await shelves.daemons.put(
    await pairingOf(door, { deviceId: `dev_${'x'.repeat(26)}`, app: 'shop', user: 'owner', patterns: ['*.shop.test'] }),
  );
  const key = nonce();
  await shelves.unsent.put({
    key,
    daemonId: PAIRED,
    request: { prompt: 'Do it' },
    pictures: [],
    address: door.page,
    app: 'shop',
    user: 'owner',
    at: 1,
    state: { is: 'waiting' },
  });
  const { service } = await live();
  await untilState(service, 'unpaired');
  await service.pair(await pairingOf(door, { id: 'dmn_0000000000000002' }));
  await until(service.daemons, (daemons) => daemons.length === 1);
  expect(service.daemons.get()).toMatchObject([{ id: 'dmn_0000000000000002', patterns: ['*.shop.test'] }]);
  await until(service.outbox.unsent, (unsent) => unsent.length === 0);
  expect(door.seen.filter(({ caller }) => caller.door === 'createRun').map(({ caller }) => (caller as { key?: string }).key)).toEqual([
    key,
  ]);
});

test('another app at the same address is another pairing', async () => {
  await shelves.daemons.put(await pairingOf(door, { deviceId: `dev_${'x'.repeat(26)}`, app: 'blog' }));
  const { service } = await live();
  await untilState(service, 'unpaired');
  await service.pair(await pairingOf(door, { id: 'dmn_0000000000000002' }));
  await untilKnown(service);
  expect(service.daemons.get().map(({ app }) => app)).toEqual(['blog', 'shop']);
});

test('of two apps that take turns at one address, the one that is back is found without anybody asking', async () => {
  const pairing = await pairingOf(door, { app: 'shop' });
  const blog = { id: 'dmn_0000000000000002', deviceId: `dev_${'x'.repeat(26)}`, app: 'blog' };
  await shelves.daemons.put(pairing);
  await shelves.daemons.put(await pairingOf(door, blog));
  const { service } = await live();
  await untilState(service, 'ready');
  await untilState(service, 'unpaired', blog.id);
  await door.stop();
  await untilState(service, 'offline');
  await untilState(service, 'offline', blog.id);
});

test('who is revoked is told so, and turned away later is still known as revoked', async () => {
  await shelves.daemons.put(await pairingOf(door));
  const first = await live();
  await untilState(first.service, 'ready');
  door.store.revoke(door.extension.device.id);
  await untilState(first.service, 'revoked');
  await until(first.service.daemons, ([daemon]) => daemon?.wasRevoked === true);
  first.end();
  const second = await live();
  await untilState(second.service, 'forbidden');
  expect(second.service.daemon(PAIRED)?.wasRevoked).toBe(true);
});

test('a pairing of another origin is turned away, and a retry by hand asks again', async () => {
  const other = await door.store.addDevice({ role: 'requester', kind: 'extension', origin: EXTENSION.replace(/a/g, 'b') });
  await shelves.daemons.put(await pairingOf(door, { deviceId: other.device.id }));
  const { service } = await live();
  await untilState(service, 'unpaired');
  service.links.retry();
  expect(stateOf(service)).toBe('connecting');
  await untilState(service, 'unpaired');
});

test('unpaired is gone at once: no socket, no record, and who asks is told it is lost', async () => {
  await shelves.daemons.put(await pairingOf(door));
  const { service } = await live();
  await untilState(service, 'ready');
  await service.unpair(PAIRED);
  expect([service.links.states.get().size, await shelves.daemons.all()]).toEqual([0, []]);
  await expect(service.links.client(PAIRED).call('status', {})).rejects.toThrow('No such daemon');
});

test('who asks while it is still connecting need not ask twice', async () => {
  await shelves.daemons.put(await pairingOf(door));
  const { service } = await live();
  expect(stateOf(service)).toBe('connecting');
  expect(await service.links.client(PAIRED).call('status', {})).toMatchObject({ ok: true, value: { app: 'shop' } });
});

test('pairings that change while they connect leave exactly one socket, that of the last', async () => {
  const { service, sockets } = await live();
  const pairing = await pairingOf(door);
  const other = { ...pairing, key: pairing.key.replace(/^./, (first) => (first === '0' ? '1' : '0')) };
  for (const each of [other, pairing, other, pairing]) service.links.reconcile([each]);
  await untilState(service, 'ready');
  await expect.poll(sockets, { interval: 5 }).toBe(1);
  service.links.reconcile([]);
  await expect.poll(sockets, { interval: 5 }).toBe(0);
});

test('the runs of an app that is paired while somebody listens are told of, as those of one that was paired before', async () => {
  const { service } = await live();
  let told = 0;
  service.runsChanged.watch(() => {
    told += 1;
  });
  await service.pair(await pairingOf(door));
  await expect.poll(() => service.runs(PAIRED)?.view.get().loaded, { interval: 5 }).toBe(true);
  expect(told).toBeGreaterThan(0);
});

test('who asks while it connects is told when it is unpaired in the middle', async () => {
  await shelves.daemons.put(await pairingOf(door));
  const { service } = await live();
  expect(stateOf(service)).toBe('connecting');
  const asked = service.links.client(PAIRED).call('status', {});
  await Promise.all([expect(asked).rejects.toThrow('No such daemon'), service.unpair(PAIRED)]);
});

test('what was asked for is kept newest first, and the oldest is forgotten, also after a restart', async () => {
  for (let at = 1; at <= 200; at++)
    await shelves.asked.put({ run: `${PAIRED}/run_${String(at).padStart(26, '0')}`, origin: 'https://shop.test', at });
  const { service } = await live();
  await service.remember(PAIRED, `run_${'9'.repeat(26)}`, 'https://shop.test');
  const kept = (await shelves.asked.all()).map(({ at }) => at).sort((a, b) => a - b);
  expect([kept.length, kept[0], kept[198]]).toEqual([200, 2, 200]);
  expect(service.asked.get().length).toBe(200);
});

test('what a daemon could not take is sent by itself when it can', async () => {
  await shelves.daemons.put(await pairingOf(door));
  const { service } = await live();
  await untilKnown(service);
  refuses = true;
  const { address, app, user } = service.daemon(PAIRED)!;
  const entry = { key: nonce(), daemonId: PAIRED, request: { prompt: 'Do it' }, pictures: [], address, app, user, at: 1 };
  expect(await service.outbox.send(entry)).toEqual({ end: 'kept' });
  expect(service.outbox.unsent.get()[0]?.state.is).toBe('problem');
  refuses = false;
  service.wake();
  await until(service.outbox.unsent, (unsent) => unsent.length === 0);
});

test('a daemon that could not say how it stands is asked again, and only then is its news heard', async () => {
  isDumb = true;
  await shelves.daemons.put(await pairingOf(door));
  const { service, heard } = await live();
  await untilState(service, 'ready');
  await expect.poll(() => door.seen.some(({ door: name }) => name === 'status'), { interval: 5 }).toBe(true);
  isDumb = false;
  service.wake();
  await expect.poll(() => service.links.link(PAIRED)?.seq(), { interval: 5 }).toBe(0);
  door.store.publish(1);
  await untilHeard(heard, 1);
});
