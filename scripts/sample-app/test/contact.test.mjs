import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemOf } from '../pages/contact.mjs';
import { openServer } from '../tools/open-shop.mjs';

const GOOD = { name: 'Ada', email: 'ada@example.com', text: 'Hello' };

test('a message is kept, and its writer is thanked with its number', async (t) => {
  const get = await openServer(t);
  const sent = await get('/contact', { method: 'POST', body: new URLSearchParams(GOOD) });
  assert.equal(sent.status, 303);
  const page = await (await get(sent.headers.get('location'))).text();
  assert.match(page, /message number 4/);
  assert.match(page, /4 people have written/);
});

test('a message without an address is refused and nothing typed is lost', async (t) => {
  const get = await openServer(t);
  const response = await get('/contact', { method: 'POST', body: new URLSearchParams({ ...GOOD, email: 'nowhere' }) });
  assert.equal(response.status, 400);
  assert.match(await response.text(), /value="Ada"/);
});

test('what a visitor writes never becomes markup', async (t) => {
  const get = await openServer(t);
  const body = new URLSearchParams({ ...GOOD, name: '"><script>alert(1)</script>', email: 'x' });
  assert.doesNotMatch(await (await get('/contact', { method: 'POST', body })).text(), /<script>/);
});

test('each empty field has a problem of its own', () => {
  assert.equal(problemOf(GOOD), undefined);
  const problems = Object.keys(GOOD).map((field) => problemOf({ ...GOOD, [field]: '' }));
  assert.equal(new Set(problems).size, 3);
});
