import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CHUNK_BYTES } from '#shared/socket.ts';
import { uploadPicture } from '../../extension/background/upload-picture.ts';
import { openSocketClient, type SocketClient } from '../support/socket-client.ts';
import { EXTENSION, type OpenDoor, openDoor } from './support/open-door.ts';

const LIMIT = 1_000_000;
let door: OpenDoor;
let client: SocketClient;
beforeEach(async () => {
  door = await openDoor({ limits: { artifactBytes: LIMIT } });
  const { device, secretHex } = door.extension;
  client = await openSocketClient({ port: door.port, deviceId: device.id, secretHex, origin: EXTENSION });
});
afterEach(() => door.stop());

let calls = 0;
async function chunk(upload: string, offset: number, data: string, last = false): Promise<{ status: number; body: unknown }> {
  const id = `chunk-${++calls}`;
  client.say({ v: 1, type: 'chunk', id, upload, offset, data, last });
  const { status, body } = await client.next('reply', (reply) => reply.id === id);
  return { status, body };
}
const base64 = (text: string) => Buffer.from(text).toString('base64');
const hashOf = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

test('a picture sent in pieces is stored whole, by its hash', async () => {
  const picture = randomBytes(3 * CHUNK_BYTES + 1_000);
  const clock = { now: () => 0, after: () => {} };
  const link = {
    chunk: (piece: { upload: string; offset: number; data: string; last: boolean }) =>
      chunk(piece.upload, piece.offset, piece.data, piece.last),
  };
  expect(await uploadPicture(link, picture.toString('base64'), clock)).toEqual({ ok: true, hash: hashOf(picture) });
  expect(door.store.artifacts.get(hashOf(picture))?.equals(picture)).toBe(true);
  expect(calls).toBeGreaterThan(3);
});

test('pieces are answered as they are taken; an empty picture is one too', async () => {
  expect(await chunk('one', 0, base64('abc'))).toEqual({ status: 202, body: { received: 3 } });
  expect(await chunk('one', 3, base64('d'), true)).toEqual({ status: 201, body: { hash: hashOf('abcd'), bytes: 4 } });
  expect(await chunk('two', 0, '', true)).toEqual({ status: 201, body: { hash: hashOf(''), bytes: 0 } });
});

test.each([
  ['a gap', 4, base64('d')],
  ['a piece again', 0, base64('abc')],
  ['what is no base64', 3, 'a*b='],
  ['base64 of the URL kind', 3, '-_-_'],
  ['a place that is no place', -1, base64('d')],
])('%s ends the upload, and nothing of it is stored', async (_what, offset, data) => {
  await chunk('one', 0, base64('abc'));
  expect(await chunk('one', offset, data)).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } });
  expect(await chunk('one', 3, base64('d'), true)).toMatchObject({ status: 400 });
  expect(door.store.artifacts.size).toBe(0);
});

test('a second upload takes the place of the first', async () => {
  await chunk('one', 0, base64('abc'));
  expect(await chunk('two', 0, base64('xyz'), true)).toMatchObject({ status: 201, body: { hash: hashOf('xyz') } });
  expect(await chunk('one', 3, base64('d'), true)).toMatchObject({ status: 400 });
  expect([...door.store.artifacts.keys()]).toEqual([hashOf('xyz')]);
});

test('more than an artifact may have is refused on the way, and the socket goes on', async () => {
  const piece = randomBytes(CHUNK_BYTES).toString('base64');
  const statuses: number[] = [];
  for (let offset = 0; offset < LIMIT + 2 * CHUNK_BYTES; offset += CHUNK_BYTES) {
    statuses.push((await chunk('one', offset, piece)).status);
    if (statuses.at(-1) !== 202) break;
  }
  expect(statuses.at(-1)).toBe(413);
  expect(door.store.artifacts.size).toBe(0);
  expect(await chunk('two', 0, base64('ok'), true)).toMatchObject({ status: 201 });
});

test('a viewer stores nothing, from the next piece on after the role changed', async () => {
  await chunk('one', 0, base64('abc'));
  door.extension.device.role = 'viewer';
  expect(await chunk('one', 3, base64('d'), true)).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  expect(door.store.artifacts.size).toBe(0);
  expect(door.store.refused).toMatchObject([{ subject: 'createArtifact', code: 'forbidden' }]);
});

test('a socket that breaks off in the middle leaves nothing, and nobody waiting for the rest', async () => {
  const ends: string[] = [];
  const { putArtifact } = door.store;
  door.store.putArtifact = async (bytes, most) => {
    const outcome = await putArtifact(bytes, most);
    ends.push(outcome.end);
    return outcome;
  };
  await chunk('one', 0, base64('abc'));
  await client.close();
  await expect.poll(() => ends, { interval: 5 }).toEqual(['broken']);
  expect(door.store.artifacts.size).toBe(0);
});
