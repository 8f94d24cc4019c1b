import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routes } from '../routes.mjs';
import { openServer } from '../tools/open-shop.mjs';

test('every page answers with a heading and stands in the frame', async (t) => {
  const get = await openServer(t);
  for (const { path } of routes) {
    const response = await get(path.replace(':id', '1'));
    const text = await response.text();
    assert.equal(response.status, 200, path);
    assert.match(text, /<h1>[^<]+<\/h1>/, path);
    assert.match(text, /<footer>/, path);
  }
});

test('the menu leads to every page that has a label', async (t) => {
  const get = await openServer(t);
  const text = await (await get('/')).text();
  for (const { path, label } of routes) if (label !== undefined) assert.ok(text.includes(`href="${path}"`), path);
});

test('a plant we do not have is not found', async (t) => {
  const get = await openServer(t);
  assert.equal((await get('/plants/99')).status, 404);
  assert.equal((await get('/plants/fern')).status, 404);
  assert.equal((await get('/nowhere')).status, 404);
});

test('the health page names the release', async (t) => {
  const get = await openServer(t);
  assert.deepEqual(await (await get('/healthz')).json(), { ok: true, release: 'abc' });
});
