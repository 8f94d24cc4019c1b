import { readSettings, SETTINGS_PLACE, type Settings } from '../settings.ts';
import { MEETING_PLACE } from './takeover.ts';

interface Storage {
  local: { get(places: string[]): Promise<Record<string, unknown>> };
  onChanged: { addListener(then: Changed): void };
}
type Changed = (changes: Readonly<Record<string, { newValue?: unknown }>>, area: string) => void;

/**
 * Tells the settings once they are read and after each change, and where our scripts meet. Reads storage by
 * itself: no page wakes the background by being opened.
 */
export function followSettings(then: (settings: Settings) => void, meet?: (name: string) => void): void {
  const { browser, chrome } = globalThis as { browser?: { storage?: Storage }; chrome?: { storage?: Storage } };
  const storage = browser?.storage ?? chrome?.storage;
  if (!storage) return;
  const changed: Changed = (changes, area) => {
    const change = changes[SETTINGS_PLACE];
    if (area === 'local' && change) then(readSettings(change.newValue));
  };
  storage.onChanged.addListener(changed);
  void storage.local.get([SETTINGS_PLACE, MEETING_PLACE]).then((kept) => {
    then(readSettings(kept[SETTINGS_PLACE]));
    const name = kept[MEETING_PLACE];
    if (typeof name === 'string') meet?.(name);
  });
}
