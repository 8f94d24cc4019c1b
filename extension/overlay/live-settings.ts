import { PLACES_PLACE, readPlaces } from '../own-places.ts';
import { readSettings, SETTINGS_PLACE, type Settings } from '../settings.ts';
import { MEETING_PLACE } from './takeover.ts';

interface Storage {
  local: { get(places: string[]): Promise<Record<string, unknown>> };
  onChanged: { addListener(then: (changes: Readonly<Record<string, { newValue?: unknown }>>, area: string) => void): void };
}

/** What pages are told by what is kept. */
export interface Following {
  settings(settings: Settings): void;
  /** Where runs may be about pages. */
  places?(places: readonly string[]): void;
  /** Where the scripts of two versions meet; told once. */
  meeting?(name: string): void;
}

/** A page that is never idle is not waited for longer. */
const AT_THE_LATEST_MS = 1_000;

/**
 * Tells what is kept once it is read and after each change: when the page has nothing else to do, so that
 * no page loads later for it, or when the first key goes down. Reads storage by itself: no page wakes the
 * background by being opened.
 */
export function followSettings({ settings, places, meeting }: Following): void {
  const { browser, chrome } = globalThis as { browser?: { storage?: Storage }; chrome?: { storage?: Storage } };
  const api = browser ?? chrome;
  let isFollowing = false;
  const follow = () => {
    const storage = isFollowing ? undefined : api?.storage;
    isFollowing = true;
    removeEventListener('keydown', follow, true);
    if (!storage) return;
    storage.onChanged.addListener((changes, area) => {
      if (area !== 'local') return;
      const [set, own] = [changes[SETTINGS_PLACE], changes[PLACES_PLACE]];
      if (set) settings(readSettings(set.newValue));
      if (own) places?.(readPlaces(own.newValue));
    });
    void storage.local.get([SETTINGS_PLACE, PLACES_PLACE, MEETING_PLACE]).then((kept) => {
      settings(readSettings(kept[SETTINGS_PLACE]));
      places?.(readPlaces(kept[PLACES_PLACE]));
      const name = kept[MEETING_PLACE];
      if (typeof name === 'string') meeting?.(name);
    });
  };
  addEventListener('keydown', follow, true);
  requestIdleCallback(follow, { timeout: AT_THE_LATEST_MS });
}
