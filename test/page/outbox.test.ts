import { expect, test } from 'vitest';
import { isDecided, openKeyring } from '#shared/ui/keyring.ts';
import { addToDraft, readDraft, requestOf, writeDraft } from '../../daemon/page/draft.ts';
import type { Kept } from '../../daemon/page/kept.ts';
import { openOutbox } from '../../daemon/page/outbox.ts';
import { aRun, openFakeClient, settle } from './support/fake-client.ts';

function storage(): Kept & { texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return { texts, read: (name) => texts.get(name) ?? null, write: (name, text) => void texts.set(name, text) };
}

function setup(kept = storage()) {
  const { client, asked } = openFakeClient();
  const acknowledged: string[] = [];
  const refused: string[] = [];
  const outbox = openOutbox({
    client,
    kept,
    now: () => 5,
    acknowledged: (run) => acknowledged.push(run.id),
    refused: (_request, message) => refused.push(message),
  });
  return { kept, asked, outbox, acknowledged, refused };
}

test('a request is kept before it leaves and dropped when it is acknowledged', async () => {
  const { outbox, asked, kept, acknowledged } = setup();
  void outbox.send({ prompt: 'Do it' });
  expect([...kept.texts.values()][0]).toContain('Do it');
  await asked[0]!.answer({ run: aRun(1) });
  expect(outbox.unsent.get()).toEqual([]);
  expect(acknowledged).toEqual([aRun(1).id]);
});

test('a request whose answer was lost goes again with the same key, also after a reload', async () => {
  const first = setup();
  void first.outbox.send({ prompt: 'Do it' });
  await first.asked[0]!.lose();
  expect(first.outbox.unsent.get().length).toBe(1);

  const second = setup(first.kept);
  void second.outbox.flush();
  expect(second.asked[0]!.request).toEqual(first.asked[0]!.request);
  await second.asked[0]!.answer({ run: aRun(1) });
  await second.outbox.flush();
  expect(second.asked.length).toBe(1);
});

test('two different acts never share a key', async () => {
  const { outbox, asked } = setup();
  void outbox.send({ prompt: 'Do it' });
  void outbox.send({ prompt: 'Do it' });
  await asked[0]!.answer({ run: aRun(1) });
  expect(asked[0]!.request.key).not.toBe(asked[1]!.request.key);
});

test('flushing twice at the same time sends once', async () => {
  const { outbox, asked } = setup();
  void outbox.send({ prompt: 'Do it' });
  void outbox.flush();
  await settle();
  expect(asked.length).toBe(1);
});

test('a daemon that cannot now keeps the request, a daemon that says no gives it back', async () => {
  const { outbox, asked, refused } = setup();
  void outbox.send({ prompt: 'Do it' });
  await asked[0]!.refuse(429, 'queue_full', 'The queue is full.');
  expect(outbox.unsent.get()[0]?.problem).toBe('The queue is full.');
  void outbox.flush();
  await asked[1]!.refuse(403, 'forbidden', 'You may not.');
  expect([outbox.unsent.get(), refused]).toEqual([[], ['You may not.']]);
});

test('what another tab keeps is not overwritten', async () => {
  const kept = storage();
  const one = setup(kept);
  const other = setup(kept);
  void one.outbox.send({ prompt: 'One' });
  await one.asked[0]!.lose();
  void other.outbox.send({ prompt: 'Two' });
  await other.asked[0]!.lose();
  expect(
    setup(kept)
      .outbox.unsent.get()
      .map(({ request }) => request.prompt)
      .sort(),
  ).toEqual(['One', 'Two']);
});

test('storage that holds nonsense is an empty outbox', () => {
  for (const text of ['{', 'null', '7', '[{"key":1}]', '[{"key":"k","at":1,"request":{"prompt":""}}]']) {
    const kept = storage();
    kept.write('codex-builder.unsent', text);
    expect(setup(kept).outbox.unsent.get()).toEqual([]);
  }
});

test('an act keeps its key until the daemon has decided, another act gets another', () => {
  let made = 0;
  const keyring = openKeyring(() => `key-${++made}`);
  expect([keyring.keyFor({ a: 1 }), keyring.keyFor({ a: 1 })]).toEqual(['key-1', 'key-1']);
  expect(keyring.keyFor({ a: 2 })).toBe('key-2');
  keyring.decided();
  expect(keyring.keyFor({ a: 2 })).toBe('key-3');
  expect([200, 409, 403, 429, 500, 503].map(isDecided)).toEqual([true, true, true, false, false, false]);
});

test('a draft survives, and words put into it do not push out what was being written', () => {
  const kept = storage();
  addToDraft('Ask this', '/tasks?token=***', kept);
  expect(readDraft(kept)).toEqual({ prompt: 'Ask this', route: '/tasks', priority: 'normal', safeMode: false });
  addToDraft('And this', '/other', kept);
  expect(readDraft(kept)).toEqual({ prompt: 'Ask this\n\nAnd this', route: '/tasks', priority: 'normal', safeMode: false });
});

test('a route in the box becomes an address of production and of nowhere else', () => {
  const draft = { prompt: ' x ', priority: 'normal' as const, safeMode: false };
  expect(requestOf({ ...draft, route: '/a?b=1' }, 'http://app.localhost:4401')).toEqual({
    prompt: 'x',
    context: { url: 'http://app.localhost:4401/a?b=1' },
  });
  expect(requestOf({ ...draft, route: '//evil.example/a' }, 'http://app.localhost:4401').context?.url).toBe(
    'http://app.localhost:4401/evil.example/a',
  );
  expect(requestOf({ ...draft, route: ' ' }, 'http://app.localhost:4401')).toEqual({ prompt: 'x' });
});

test('safe mode is asked for when it was ticked, and stays ticked over a reload', () => {
  const kept = storage();
  writeDraft({ prompt: 'x', route: '', priority: 'high', safeMode: true }, kept);
  expect(requestOf(readDraft(kept), undefined)).toEqual({ prompt: 'x', priority: 'high', safeMode: true });
});
