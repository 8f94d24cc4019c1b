import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS, isHotkey, isOff, readSettings, writeSettings } from '../../extension/settings.ts';

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', true>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});
const { hotkey } = DEFAULT_SETTINGS;

test('the key is Ctrl+K, Cmd+K on a Mac, and nothing next to it', () => {
  expect(isHotkey(press('k', { ctrlKey: true }), hotkey, false)).toBe(true);
  expect(isHotkey(press('K', { ctrlKey: true }), hotkey, false)).toBe(true);
  expect(isHotkey(press('k', { metaKey: true }), hotkey, true)).toBe(true);
  for (const [event, isMac] of [
    [press('k'), false],
    [press('k', { metaKey: true }), false],
    [press('k', { ctrlKey: true }), true],
    [press('k', { ctrlKey: true, shiftKey: true }), false],
    [press('k', { ctrlKey: true, altKey: true }), false],
    [press('k', { ctrlKey: true, metaKey: true }), false],
    [press('l', { ctrlKey: true }), false],
  ] as const) {
    expect(isHotkey(event, hotkey, isMac)).toBe(false);
  }
});

test('switched off stays off, which is not the same as never set', () => {
  const off = readSettings(JSON.parse(JSON.stringify(writeSettings({ hotkey: undefined, offSites: ['a.test'], pictureFirst: true }))));
  expect(off).toEqual({ hotkey: undefined, offSites: ['a.test'], pictureFirst: true });
  expect(isHotkey(press('k', { ctrlKey: true }), off.hotkey, false)).toBe(false);
  expect([isOff(off, 'a.test'), isOff(off, 'b.a.test')]).toEqual([true, false]);
  expect(readSettings(undefined)).toEqual(DEFAULT_SETTINGS);
});

test.each([
  ['text', 'garbage'],
  ['a key without a modifier, which would take a letter away', { hotkey: { mod: false, shift: true, alt: false, key: 'k' } }],
  ['sites that are no names', { offSites: [1, null] }],
  ['a picture that nobody asked for', { pictureFirst: 'yes' }],
])('what was kept wrongly is as good as nothing: %s', (_what, kept) => expect(readSettings(kept)).toEqual(DEFAULT_SETTINGS));
