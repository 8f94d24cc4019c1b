import { expect, test } from 'vitest';
import { openClient, type Transport } from '#shared/client.ts';

const answering = (status: number, body: unknown, asked: unknown[] = []): Transport => ({
  call(request) {
    asked.push(request);
    return Promise.resolve({ status, body });
  },
});

test('a reply is believed only when it is what the contract says', async () => {
  const good = await openClient(answering(200, { freeze: true, safeMode: false, newer: 1 })).call('getFlags', {});
  expect(good).toEqual({ ok: true, status: 200, value: { freeze: true, safeMode: false } });
  for (const body of [{ freeze: 'yes', safeMode: false }, {}, null, 'x', [], undefined]) {
    expect(await openClient(answering(200, body)).call('getFlags', {})).toMatchObject({ ok: false, code: 'unreadable_reply' });
  }
});

test('a refusal keeps its code, message, request id and details', async () => {
  const error = { code: 'stale', message: 'The head has moved.', requestId: 'req_1', details: { headCommit: 'b' } };
  expect(await openClient(answering(409, { error })).call('getFlags', {})).toEqual({ ok: false, status: 409, ...error });
});

test('a refusal in a form nobody knows is not passed on as one', async () => {
  for (const body of ['<html>', { error: 'x' }, { error: { code: 'sudo', message: 'x', requestId: 'r' } }, null]) {
    expect(await openClient(answering(502, body)).call('getFlags', {})).toMatchObject({ ok: false, status: 502, code: 'unreadable_reply' });
  }
});

test('the transport is asked with door, parameters, body and key', async () => {
  const asked: unknown[] = [];
  const id = `run_${'0'.repeat(26)}`;
  await openClient(answering(500, {}, asked)).call('rejectRun', { params: { id }, body: { reason: 'no' }, key: 'client-key-1' });
  expect(asked).toEqual([{ door: 'rejectRun', params: { id }, body: { reason: 'no' }, key: 'client-key-1' }]);
});

test('a parameter that is a number travels as text, as every frame and path wants it', async () => {
  const asked: unknown[] = [];
  const id = `run_${'0'.repeat(26)}`;
  await openClient(answering(500, {}, asked)).call('dismissDraft', { params: { id, position: 2 }, body: {}, key: 'client-key-1' });
  expect(asked).toEqual([{ door: 'dismissDraft', params: { id, position: '2' }, body: {}, key: 'client-key-1' }]);
});
