import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenDoor, openDoor } from './support/open-door.ts';
import { exchange, send, statusOf } from './support/raw-http.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor({ limits: { artifactBytes: 300_000 } });
});
afterAll(() => door.stop());

const raw = (more: Record<string, string> = {}) => door.headers({ 'content-type': 'application/octet-stream', ...more });
const upload = (body: string | Uint8Array, headers = raw()) => send(door.port, { method: 'POST', path: '/api/artifacts', headers, body });

test('bytes come back by their hash as a download, whatever they claim to be', async () => {
  const html = '<script>alert(1)</script>';
  const stored = await upload(html);
  const hash = createHash('sha256').update(html).digest('hex');
  expect([stored.status, stored.json()]).toEqual([201, { hash, bytes: html.length }]);
  const back = await send(door.port, { path: `/api/artifacts/${hash}`, headers: door.headers() });
  expect([back.status, back.body]).toEqual([200, html]);
  expect(back.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${hash}"`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining('sandbox'),
  });
});

test('without a sign-in, or below requester, nothing is stored or read', async () => {
  const viewer = await door.store.addDevice({ role: 'viewer', kind: 'page' });
  const before = door.store.artifacts.size;
  expect((await upload('x1', raw({ authorization: '' }))).status).toBe(401);
  expect((await upload('x2', raw({ authorization: viewer.bearer }))).status).toBe(403);
  expect(door.store.artifacts.size).toBe(before);
  expect((await send(door.port, { path: `/api/artifacts/${'a'.repeat(64)}`, headers: door.headers({ authorization: '' }) })).status).toBe(
    401,
  );
});

test('an unknown hash, and what is no hash, is 404', async () => {
  for (const hash of ['a'.repeat(64), 'A'.repeat(64), 'a'.repeat(63), 'etc-passwd']) {
    expect((await send(door.port, { path: `/api/artifacts/${hash}`, headers: door.headers() })).status).toBe(404);
  }
});

test('DOS-03 more than the cap is 413 and stores nothing, announced or not', async () => {
  const before = door.store.artifacts.size;
  expect((await upload('x'.repeat(300_001))).status).toBe(413);
  const chunk = 'x'.repeat(65_536);
  const head = Object.entries(raw()).map(([name, value]) => `${name}: ${value}\r\n`);
  const chunked = `POST /api/artifacts HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n${head.join('')}\r\n`;
  const answer = await exchange(door.port, `${chunked}${`10000\r\n${chunk}\r\n`.repeat(6)}0\r\n\r\n`);
  expect(statusOf(answer)).toBe(413);
  expect(door.store.artifacts.size).toBe(before);
});

test('an upload that is cut off stores nothing', async () => {
  const before = door.store.artifacts.size;
  const refused = door.store.refused.length;
  const head = Object.entries(raw()).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(door.port, '127.0.0.1');
  socket.write(`POST /api/artifacts HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nContent-Length: 100000\r\n${head.join('')}\r\n`);
  socket.write('x'.repeat(50_000), () => socket.destroy());
  while (door.store.refused.length === refused) await new Promise(setImmediate);
  expect(door.store.refused.at(-1)).toMatchObject({ subject: 'createArtifact', code: 'bad_request' });
  expect(door.store.artifacts.size).toBe(before);
});
