import { afterEach, expect, test } from 'vitest';
import { watch } from '../../extension/ask.ts';

afterEach(() => Reflect.deleteProperty(globalThis, 'chrome'));

/** The browser's side of a connection; once the extension is gone every call on it throws. */
function openRuntime() {
  const calls: string[] = [];
  const runtime: { id?: string; connect(): unknown } = {
    id: 'ours',
    connect: () => ({
      onMessage: { addListener: () => {} },
      onDisconnect: { addListener: () => {} },
      disconnect() {
        if (runtime.id === undefined) throw new Error('Extension context invalidated.');
        calls.push('disconnect');
      },
    }),
  };
  Reflect.set(globalThis, 'chrome', { runtime });
  return { runtime, calls };
}

test('who stops watching ends the connection', () => {
  const { calls } = openRuntime();
  watch('inbox', () => {})();
  expect(calls).toEqual(['disconnect']);
});

test('who stops watching after the extension was updated under the page is not stopped by that: an overlay closes all the same', () => {
  const { runtime } = openRuntime();
  const stop = watch('inbox', () => {});
  delete runtime.id;
  expect(stop).not.toThrow();
});
