import { createHmac, hkdfSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { clientMac, daemonMac, nonce, sameMac, socketKey } from '#shared/pairing.ts';

const SECRET = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
const ORIGIN = 'http://127.0.0.1:4400';

test("the socket's key is HKDF-SHA256 of the secret, as another implementation computes it", async () => {
  const expected = Buffer.from(hkdfSync('sha256', Buffer.from(SECRET, 'hex'), '', 'ws', 32)).toString('hex');
  expect(await socketKey(SECRET)).toBe(expected);
  expect(expected).not.toBe(SECRET);
});

test('each proof is HMAC-SHA256 over label, nonces in its own order and origin', async () => {
  const key = await socketKey(SECRET);
  const hmac = (text: string) => createHmac('sha256', Buffer.from(key, 'hex')).update(text).digest('hex');
  expect(await daemonMac(key, 'aa', 'bb', ORIGIN)).toBe(hmac(`srv|aa|bb|${ORIGIN}`));
  expect(await clientMac(key, 'aa', 'bb', ORIGIN)).toBe(hmac(`cli|bb|aa|${ORIGIN}`));
});

test('WS-05 no proof can stand in for another: side, nonce, order, origin and key all count', async () => {
  const key = await socketKey(SECRET);
  const macs = await Promise.all([
    clientMac(key, 'aa', 'bb', ORIGIN),
    clientMac(key, 'bb', 'aa', ORIGIN),
    daemonMac(key, 'aa', 'bb', ORIGIN),
    daemonMac(key, 'bb', 'aa', ORIGIN),
    clientMac(key, 'aa', 'bb', 'http://127.0.0.1:4401'),
    clientMac(key, 'aa', 'bc', ORIGIN),
    clientMac(await socketKey(key), 'aa', 'bb', ORIGIN),
  ]);
  expect(new Set(macs).size).toBe(macs.length);
});

test('macs are the same only when every character is', () => {
  const mac = nonce();
  expect(sameMac(mac, mac)).toBe(true);
  expect(sameMac(mac, mac.slice(0, -1))).toBe(false);
  expect(sameMac('', mac)).toBe(false);
  for (let i = 0; i < mac.length; i++) {
    expect(sameMac(mac, `${mac.slice(0, i)}${mac[i] === '0' ? '1' : '0'}${mac.slice(i + 1)}`)).toBe(false);
  }
});

test('a nonce has 256 bits and is not met twice', () => {
  const seen = new Set(Array.from({ length: 1_000 }, nonce));
  expect(seen.size).toBe(1_000);
  for (const value of seen) expect(value).toMatch(/^[0-9a-f]{64}$/);
});
