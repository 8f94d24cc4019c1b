import { expect, test } from 'vitest';

const PICTURE = 'data:image/png;base64,AAAA';
let inFront = 1;
/** The browser's part, as far as a picture needs it: the polyfill takes an object like this for the browser itself. */
const tabs = {
  query: async () => [{ id: inFront }],
  captureVisibleTab: async () => {
    inFront = afterwards;
    return PICTURE;
  },
};
let afterwards = 1;
Object.assign(globalThis, { chrome: { runtime: { id: 'test' } }, browser: { runtime: { id: 'test' }, tabs } });
const { photographTab } = await import('../../extension/background/photograph-tab.ts');

test('a picture is of the tab that asked and of no other, also when somebody goes to another tab meanwhile', async () => {
  expect(await photographTab(1, 1)).toEqual({ ok: true, picture: PICTURE });
  afterwards = 2;
  expect(await photographTab(1, 1)).toMatchObject({ ok: false });
  expect(await photographTab(1, 1)).toMatchObject({ ok: false });
});
