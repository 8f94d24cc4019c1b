import { expect, test } from 'vitest';
import { askerOf, mayAsk } from '../../extension/background/senders.ts';
import { MESSAGES, type MessageName } from '../../extension/messages.ts';

const own = { id: 'us', base: 'chrome-extension://us/' };
const asker = (sender: object) => askerOf({ id: 'us', ...sender } as Parameters<typeof askerOf>[0], own);
const tab = { id: 7, windowId: 1 };

test('who asks is what the browser says', () => {
  expect(asker({ url: 'chrome-extension://us/options.html', frameId: 0, tab })).toEqual({ is: 'ours' });
  expect(asker({ url: 'chrome-extension://us/popup.html' })).toEqual({ is: 'ours' });
  expect(asker({ url: 'https://a.test/x?y', frameId: 0, tab })).toEqual({
    is: 'page',
    tabId: 7,
    windowId: 1,
    url: 'https://a.test/x?y',
    origin: 'https://a.test',
  });
  expect(asker({ url: 'https://a.test/', frameId: 3, tab })).toEqual({ is: 'frame', tabId: 7, frameId: 3 });
  expect(asker({ url: 'about:blank', frameId: 0, tab })).toEqual({ is: 'frame', tabId: 7, frameId: 0 });
});

test.each([
  ['another extension', { id: 'them', url: 'chrome-extension://them/x.html' }],
  ['another extension that names our page', { id: 'them', url: 'chrome-extension://us/options.html' }],
  ['our page framed by a site', { url: 'chrome-extension://us/options.html', frameId: 4, tab }],
  ['nobody', { url: 'https://a.test/', frameId: 0 }],
])('%s may not ask anything', (_who, sender) => expect(asker(sender)).toBeUndefined());

test('a frame may toggle and hand on what was typed, and nothing else; a page may not pair, unpair, remap or call doors', () => {
  const names = Object.keys(MESSAGES) as MessageName[];
  const allowed = (sender: object) => names.filter((name) => mayAsk(MESSAGES[name].from, asker(sender)!));
  expect(allowed({ url: 'https://a.test/', frameId: 3, tab })).toEqual(['toggle', 'typed']);
  const page = allowed({ url: 'https://a.test/', frameId: 0, tab });
  for (const name of ['pair', 'unpair', 'set_patterns', 'set_hotkey', 'call'] as const) expect(page).not.toContain(name);
  for (const name of ['submit', 'act', 'photograph', 'toggle'] as const) expect(page).toContain(name);
});
