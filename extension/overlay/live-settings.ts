import { PLACES_PLACE, readPlaces } from '../own-places.ts';
import { readSettings, SETTINGS_PLACE, type Settings } from '../settings.ts';
import { MEETING_PLACE } from './takeover.ts';

interface Storage {
  local: { get(places: string[]): Promise<Record<string, unknown>> };
  onChanged: { addListener(then: Changed): void };
}
type Changed = (changes: Readonly<Record<string, { newValue?: unknown }>>, area: string) => void;

/** What pages are told by what is kept. */
export interface Following {
  settings(settings: Settings): void;
  /** Where runs may be about pages. */
  places?(places: readonly string[]): void;
  /** Where the scripts of two versions meet; told once. */
  meeting?(name: string): void;
}

/** Tells what is kept once it is read and after each change. Reads storage by itself: no page wakes the background by being opened. */
export function followSettings({ settings, places, meeting }: Following): void {
  const { browser, chrome } = globalThis as { browser?: { storage?: Storage }; chrome?: { storage?: Storage } };
  const storage = browser?.storage ?? chrome?.storage;
  if (!storage) return;
  const changed: Changed = (changes, area) => {
    if (area !== 'local') return;
    const [set, own] = [changes[SETTINGS_PLACE], changes[PLACES_PLACE]];
    if (set) settings(readSettings(set.newValue));
    if (own) places?.(readPlaces(own.newValue));
  };
  storage.onChanged.addListener(changed);
  void storage.local.get([SETTINGS_PLACE, PLACES_PLACE, MEETING_PLACE]).then((kept) => {
    settings(readSettings(kept[SETTINGS_PLACE]));
    places?.(readPlaces(kept[PLACES_PLACE]));
    const name = kept[MEETING_PLACE];
    if (typeof name === 'string') meeting?.(name);
  });
}
