import { browser } from './browser.ts';
import { readSettings, SETTINGS_PLACE, type Settings, writeSettings } from './settings.ts';

let turn: Promise<unknown> = Promise.resolve();

/** The settings as they are now. */
export async function loadSettings(): Promise<Settings> {
  return readSettings((await browser.storage.local.get(SETTINGS_PLACE))[SETTINGS_PLACE]);
}

/** Changes one after the other, so that none overwrites another. Pages hear of it through `storage.onChanged`. */
export function changeSettings(change: (settings: Settings) => Settings): Promise<void> {
  const mine = turn.then(async () => browser.storage.local.set({ [SETTINGS_PLACE]: writeSettings(change(await loadSettings())) }));
  turn = mine.catch(() => undefined);
  return mine;
}
