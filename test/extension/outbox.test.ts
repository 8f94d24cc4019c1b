import { describe, expect, test } from 'vitest';
import { LinkLost } from '#shared/link.ts';
import { openOutbox } from '../../extension/background/outbox.ts';
import type { Unsent } from '../../extension/background/unsent.ts';
import type { Uploaded } from '../../extension/background/upload-picture.ts';
import { aRun, openFakeClient, settle } from '../page/support/fake-client.ts';
import { memoryShelf } from './support/memory-shelf.ts';

const HASH = 'ab'.repeat(32);
const ADDRESS = 'http://127.0.0.1:4400';

function entry(at: number, more: Partial<Unsent> = {}): Omit<Unsent, 'state'> {
  return {
    key: `key-number-${at}`,
    daemonId: 'dmn_a',
    address: ADDRESS,
    app: 'shop',
    user: 'ann',
    request: { prompt: `Do ${at}`, context: { url: 'https://shop.test/' } },
    pictures: [],
    origin: 'https://shop.test',
    at,
    ...more,
  };
}

/** One life of the background; `kept` is what the disk had when it began. */
async function life(kept = new Map<string, string>()) {
  const { client, asked } = openFakeClient();
  const uploads: string[] = [];
  let upload: (picture: string) => Promise<Uploaded> = async () => ({ ok: true, hash: HASH });
  const acknowledged: string[] = [];
  const outbox = await openOutbox({
    shelf: memoryShelf<Unsent>((unsent) => unsent.key, kept),
    client: () => client,
    upload: (_daemon, picture) => {
      uploads.push(picture);
      return upload(picture);
    },
    acknowledged: (sent) => acknowledged.push(sent.key),
  });
  const onUpload = (then: typeof upload) => {
    upload = then;
  };
  return { kept, asked, outbox, uploads, acknowledged, onUpload };
}
const states = (outbox: Awaited<ReturnType<typeof life>>['outbox']) => outbox.unsent.get().map(({ state }) => state.is);

test('a request is on the disk before it leaves, pictures included, and gone when it was acknowledged', async () => {
  const { outbox, asked, kept, uploads, acknowledged } = await life();
  const sending = outbox.send(entry(1, { pictures: ['QUJD'] }));
  await settle();
  expect(JSON.parse(kept.get('key-number-1')!)).toMatchObject({ request: { prompt: 'Do 1' }, pictures: ['QUJD'] });
  expect(uploads).toEqual(['QUJD']);
  expect(asked[0]!.request).toMatchObject({ key: 'key-number-1', body: { prompt: 'Do 1', context: { screenshots: [HASH] } } });
  await asked[0]!.answer({ run: aRun(1) });
  expect(await sending).toEqual({ end: 'sent', run: aRun(1) });
  expect([kept.size, outbox.unsent.get().length, acknowledged]).toEqual([0, 0, ['key-number-1']]);
});

test('an answer that was lost: the next life sends the same key, and only what was not acknowledged', async () => {
  const first = await life();
  void first.outbox.send(entry(1));
  await settle();
  void first.outbox.send(entry(2));
  await first.asked[0]!.answer({ run: aRun(1) });
  await first.asked[1]!.lose();

  const second = await life(first.kept);
  expect(states(second.outbox)).toEqual(['waiting']);
  void second.outbox.flush('dmn_a');
  await settle();
  expect(second.asked.map(({ request }) => request.key)).toEqual(['key-number-2']);
  await second.asked[0]!.answer({ run: aRun(2) });
  expect(second.kept.size).toBe(0);
});

test('a life that ends in the middle of a picture loses nothing', async () => {
  const first = await life();
  first.onUpload(() => new Promise(() => {}));
  void first.outbox.send(entry(1, { pictures: ['QUJD', 'REVG'] }));
  await settle();
  const second = await life(first.kept);
  void second.outbox.flush('dmn_a');
  await settle();
  expect(second.uploads).toEqual(['QUJD', 'REVG']);
  expect(second.asked[0]!.request.body).toMatchObject({ context: { screenshots: [HASH, HASH] } });
});

test('oldest first, and one that the daemon cannot take now holds up the rest', async () => {
  const { outbox, asked } = await life();
  const first = outbox.send(entry(1));
  await settle();
  const second = outbox.send(entry(2));
  await asked[0]!.refuse(429, 'queue_full', 'The queue is full.');
  expect(await first).toEqual({ end: 'kept' });
  expect(outbox.unsent.get()[0]?.state).toEqual({ is: 'problem', message: 'The queue is full.' });
  await settle();
  expect(asked.map(({ request }) => request.key)).toEqual(['key-number-1', 'key-number-1']);
  await asked[1]!.answer({ run: aRun(1) });
  await asked[2]!.answer({ run: aRun(2) });
  expect(await second).toMatchObject({ end: 'sent' });
});

test('a refusal is shown and kept until the person takes it back; the next one is not held up', async () => {
  const { outbox, asked, kept } = await life();
  const first = outbox.send(entry(1));
  await settle();
  await asked[0]!.refuse(409, 'idempotency_conflict', 'This key was used for another request.');
  expect(await first).toEqual({ end: 'refused', message: 'This key was used for another request.' });
  expect(states(outbox)).toEqual(['refused']);
  const second = outbox.send(entry(2));
  await settle();
  await asked[1]!.answer({ run: aRun(2) });
  expect(await second).toMatchObject({ end: 'sent' });
  await outbox.flush('dmn_a');
  expect(asked.length).toBe(2);
  expect([...kept.keys()]).toEqual(['key-number-1']);
  expect((await outbox.takeBack('key-number-1'))?.request.prompt).toBe('Do 1');
  expect(kept.size).toBe(0);
});

describe('the same request twice, of a page that did not hear the answer', () => {
  test('is one request', async () => {
    const { outbox, asked } = await life();
    const sends = [outbox.send(entry(1)), outbox.send(entry(1))];
    await settle();
    expect(asked.length).toBe(1);
    await asked[0]!.answer({ run: aRun(1) });
    expect(await Promise.all(sends)).toMatchObject([{ end: 'sent' }, { end: 'sent' }]);
    expect(asked.length).toBe(1);
  });

  test('with another text under the same key is refused here already', async () => {
    const { outbox, asked } = await life();
    void outbox.send(entry(1));
    expect(await outbox.send(entry(1, { request: { prompt: 'Something else' } }))).toMatchObject({ end: 'refused' });
    await settle();
    expect(asked.length).toBe(1);
  });
});

test('a picture that the daemon refuses refuses the request, before it is made', async () => {
  const { outbox, asked, onUpload } = await life();
  onUpload(async () => ({ ok: false, status: 413, message: 'Too large.' }));
  expect(await outbox.send(entry(1, { pictures: ['QUJD'] }))).toEqual({ end: 'refused', message: 'Too large.' });
  expect([asked.length, states(outbox)]).toEqual([0, ['refused']]);
});

test('what was taken back while it left is not written down again', async () => {
  const { outbox, asked, kept } = await life();
  void outbox.send(entry(1));
  await settle();
  await outbox.takeBack('key-number-1');
  await asked[0]!.refuse(503, 'degraded');
  expect([kept.size, outbox.unsent.get().length]).toEqual([0, 0]);
});

test('of two daemons one that is away holds up only its own', async () => {
  const { outbox, asked } = await life();
  void outbox.send(entry(1));
  void outbox.send(entry(2, { daemonId: 'dmn_b' }));
  await settle();
  expect(asked.map(({ request }) => request.key)).toEqual(['key-number-1', 'key-number-2']);
});

describe('a new pairing', () => {
  const paired = { id: 'dmn_new', address: ADDRESS, app: 'shop', user: 'ann' };
  async function orphan() {
    const all = await life();
    all.onUpload(() => Promise.reject(new LinkLost('gone')));
    await all.outbox.send(entry(1, { pictures: ['QUJD'] }));
    return all;
  }

  test('with the same app as the same person takes over what waits', async () => {
    const { outbox } = await orphan();
    await outbox.adopt(paired, []);
    expect(outbox.unsent.get()).toMatchObject([{ daemonId: 'dmn_new', state: { is: 'waiting' } }]);
  });

  test('as another person asks first, because a key is the person’s', async () => {
    const { outbox } = await orphan();
    await outbox.adopt({ ...paired, user: 'bob' }, []);
    expect(outbox.unsent.get()).toMatchObject([{ daemonId: 'dmn_new', state: { is: 'refused' } }]);
  });

  test('with another app at the same address gets nothing of it', async () => {
    const { outbox } = await orphan();
    await outbox.adopt({ ...paired, app: 'blog' }, []);
    expect(outbox.unsent.get()[0]?.daemonId).toBe('dmn_a');
  });
});

test('what was taken back while its picture left is no request any more, and nothing of it is sent', async () => {
  const { outbox, asked, kept, onUpload } = await life();
  let uploaded = (_: Uploaded) => {};
  onUpload(
    () =>
      new Promise((resolve) => {
        uploaded = resolve;
      }),
  );
  void outbox.send(entry(1, { pictures: ['QUJD'] }));
  await settle();
  expect(await outbox.takeBack('key-number-1')).toMatchObject({ request: { prompt: 'Do 1' } });
  uploaded({ ok: true, hash: HASH });
  await settle();
  expect([asked.length, kept.size, outbox.unsent.get().length]).toEqual([0, 0, 0]);
});

test('a refusal that comes while the request is taken back does not put it down again', async () => {
  const { outbox, asked, kept } = await life();
  void outbox.send(entry(1));
  await settle();
  const refused = asked[0]!.refuse(503, 'degraded');
  const taken = outbox.takeBack('key-number-1');
  await Promise.all([refused, taken]);
  await settle();
  expect([kept.size, outbox.unsent.get().length]).toEqual([0, 0]);
});

test('one that the daemon fails on holds up no other', async () => {
  const { outbox, asked } = await life();
  const first = outbox.send(entry(1));
  await settle();
  const second = outbox.send(entry(2));
  await asked[0]!.refuse(500, 'internal', 'It failed.');
  await asked[1]!.answer({ run: aRun(2) });
  expect(await first).toEqual({ end: 'kept' });
  expect(await second).toMatchObject({ end: 'sent' });
  expect(states(outbox)).toEqual(['problem']);
});
