import { expect, test } from 'vitest';
import { socketKey } from '#shared/pairing.ts';
import { controlAddress, pairWith } from '../../extension/background/pair.ts';

test.each([
  ['127.0.0.1:4400', 'http://127.0.0.1:4400'],
  ['http://127.0.0.1:4400/codex#code=ABCD-EFGH', 'http://127.0.0.1:4400'],
  [' localhost:4400 ', 'http://127.0.0.1:4400'],
  ['4400', 'http://127.0.0.1:4400'],
  ['http://127.0.0.1', 'http://127.0.0.1'],
  ['https://127.0.0.1:4400', undefined],
  ['http://127.0.0.1.evil.test:4400', undefined],
  ['http://127.0.0.1:4400@evil.test', undefined],
  ['http://user:pass@127.0.0.1:4400', undefined],
  ['http://192.168.1.7:4400', undefined],
  ['evil.test', undefined],
  ['javascript:alert(1)', undefined],
  ['', undefined],
])('the address of %s is %s', (typed, address) => expect(controlAddress(typed)).toBe(address));

const SECRET = 'ab'.repeat(32);
const device = { id: 'dev_1', name: 'Laptop', kind: 'extension', user: 'ann', role: 'approver', createdAt: '2026-01-01T00:00:00.000Z' };
const typed = { address: '4400', code: ' ABCD ', name: 'Laptop' };

test('a redeemed code leaves the key of the handshake and not the secret', async () => {
  const sent: { url: string; init: { body: string; headers: Record<string, string> } }[] = [];
  const outcome = await pairWith(
    { ...typed, code: '', address: 'http://127.0.0.1:4400/codex#code=WXYZ' },
    async (url, init) => {
      sent.push({ url, init });
      return { status: 201, json: async () => ({ device, secret: SECRET }) };
    },
    5,
  );
  expect(sent[0]?.url).toBe('http://127.0.0.1:4400/api/pair');
  expect(JSON.parse(sent[0]!.init.body)).toEqual({ code: 'WXYZ', name: 'Laptop', kind: 'extension' });
  expect(sent[0]!.init.headers).not.toHaveProperty('Authorization');
  expect(outcome).toMatchObject({ end: 'paired', daemon: { deviceId: 'dev_1', key: await socketKey(SECRET), user: 'ann', pairedAt: 5 } });
  expect(JSON.stringify(outcome)).not.toContain(SECRET);
});

const error = (code: string) => ({ error: { code, message: 'In its words.', requestId: 'req_1' } });
test.each([
  ['unreachable', undefined, undefined],
  ['wrong_code', 401, error('unauthorized')],
  ['too_many_tries', 429, error('too_many_tries')],
  ['forbidden', 403, error('forbidden')],
  ['version', 426, error('version_mismatch')],
  ['internal', 500, error('internal')],
  ['not_a_daemon', 404, '<html>'],
  ['not_a_daemon', 200, { hello: 'world' }],
])('it says %s when the answer is %s', async (why, status, body) => {
  const outcome = await pairWith(
    typed,
    async () => {
      if (status === undefined) throw new TypeError('Failed to fetch');
      return { status, json: async () => body };
    },
    0,
  );
  expect(outcome).toMatchObject({ end: 'failed', why, address: 'http://127.0.0.1:4400' });
});

test('an address that is none is not asked', async () => {
  const never = () => Promise.reject(new Error('it was asked'));
  expect(await pairWith({ ...typed, address: 'http://evil.test' }, never, 0)).toMatchObject({ end: 'failed', why: 'address' });
});
