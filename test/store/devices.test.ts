import { expect, test } from 'vitest';
import { type OpenedStore, temporaryStore } from './temporary-store.ts';

const NOW = 1_000_000;
const MINUTES = 60_000;

const withCodes = (...codes: string[]): OpenedStore => {
  const store = temporaryStore();
  for (const hash of codes) store.devices.addCode({ hash, user: 'owner', role: 'admin', expiresAt: NOW + 5 * MINUTES, at: NOW });
  return store;
};

test('WEB-13 a code is redeemed once', () => {
  const { devices } = withCodes('good');
  expect(devices.redeem('good', NOW + 1)).toEqual({ ok: true, user: 'owner', role: 'admin' });
  expect(devices.redeem('good', NOW + 2)).toEqual({ ok: false, why: 'wrong' });
});

test('WEB-13 of two that redeem one code at the same time one wins', async () => {
  const store = withCodes('good');
  const redeem = async () =>
    store.ledger.act({ actor: 'nobody', action: 'pair', subject: 'x', traceId: 't', payload: {} }, (tx) =>
      store.devices.redeem('good', Math.min(tx.now, NOW + 1)),
    );
  const outcomes = await Promise.all(Array.from({ length: 4 }, redeem));
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false, false]);
});

test('WEB-13 a code is worth nothing from the millisecond on in which it expires', () => {
  expect(withCodes('good').devices.redeem('good', NOW + 5 * MINUTES - 1).ok).toBe(true);
  expect(withCodes('good').devices.redeem('good', NOW + 5 * MINUTES).ok).toBe(false);
});

test('WEB-13 five wrong tries burn every open code, and say so', () => {
  const { devices } = withCodes('good', 'other');
  expect([1, 2, 3, 4].map((n) => devices.redeem(`wrong-${n}`, NOW + n))).toEqual(Array(4).fill({ ok: false, why: 'wrong' }));
  expect(devices.redeem('wrong-5', NOW + 5)).toEqual({ ok: false, why: 'burnt' });
  expect(devices.redeem('good', NOW + 6).ok).toBe(false);
  expect(devices.redeem('other', NOW + 7).ok).toBe(false);
});

test('four wrong tries burn nothing, and a code made after a burning is good', () => {
  const { devices } = withCodes('good');
  for (let n = 1; n <= 4; n++) devices.redeem(`wrong-${n}`, NOW + n);
  expect(devices.redeem('good', NOW + 5).ok).toBe(true);
  devices.redeem('wrong-5', NOW + 6);
  devices.addCode({ hash: 'new', user: 'owner', role: 'admin', expiresAt: NOW + 5 * MINUTES, at: NOW + 7 });
  expect(devices.redeem('new', NOW + 8).ok).toBe(true);
});

test('wrong tries are forgotten after five minutes, and neither by a restart nor by a new code', () => {
  const store = withCodes('good');
  for (let n = 1; n <= 4; n++) store.devices.redeem(`wrong-${n}`, NOW + n);
  store.close();
  const again = temporaryStore({ folder: store.folder });
  again.devices.addCode({ hash: 'new', user: 'owner', role: 'admin', expiresAt: NOW + 60 * MINUTES, at: NOW });
  expect(again.devices.redeem('wrong-5', NOW + 10)).toEqual({ ok: false, why: 'burnt' });
  expect(again.devices.redeem('new', NOW + 11).ok).toBe(false);
  for (let n = 1; n <= 4; n++) again.devices.redeem(`late-${n}`, NOW + 20);
  expect(again.devices.redeem('late-5', NOW + 20 + 5 * MINUTES)).toEqual({ ok: false, why: 'wrong' });
});

test('a device is found by its secret until it is revoked, and its origin with it', () => {
  const { devices } = temporaryStore();
  devices.addUser({ id: 'usr_1', name: 'owner', role: 'admin', at: NOW });
  devices.addUser({ id: 'usr_2', name: 'owner', role: 'viewer', at: NOW });
  devices.add({
    id: 'dev_1',
    userId: devices.user('owner')!.id,
    name: 'Chrome',
    kind: 'extension',
    secretHash: 'h',
    socketKey: 'k',
    origin: 'chrome-extension://abc',
    at: NOW,
  });
  expect(devices.byHash('h')).toMatchObject({ id: 'dev_1', role: 'admin', user_name: 'owner' });
  expect(devices.knowsOrigin('chrome-extension://abc')).toBe(true);
  expect([devices.revoke('dev_1', NOW), devices.revoke('dev_1', NOW)]).toEqual([true, false]);
  expect(devices.byHash('h')).toBeUndefined();
  expect(devices.byId('dev_1')?.revoked_at).toBe(NOW);
  expect(devices.knowsOrigin('chrome-extension://abc')).toBe(false);
});
