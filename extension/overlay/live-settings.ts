import { readSettings, SETTINGS_PLACE, type Settings } from '../settings.ts';

interface Storage {
  local: { get(place: string): Promise<Record<string, unknown>> };
  onChanged: { addListener(then: (changes: Readonly<Record<string, { newValue?: unknown }>>, area: string) => void): void };
}

/** A page that is never idle is not waited for longer. */
const AT_THE_LATEST_MS = 1_000;

/**
 * Tells the settings once they are read and after each change: when the page has nothing else to do,
 * so that no page loads later for it, or when the first key goes down. Reads storage by itself: no page
 * wakes the background by being opened.
 */
export function followSettings(then: (settings: Settings) => void): void {
  const { browser, chrome } = globalThis as { browser?: { storage?: Storage }; chrome?: { storage?: Storage } };
  const api = browser ?? chrome;
  let isFollowing = false;
  const follow = () => {
    const storage = isFollowing ? undefined : api?.storage;
    isFollowing = true;
    removeEventListener('keydown', follow, true);
    if (!storage) return;
    storage.onChanged.addListener((changes, area) => {
      const change = changes[SETTINGS_PLACE];
      if (area === 'local' && change) then(readSettings(change.newValue));
    });
    void storage.local.get(SETTINGS_PLACE).then((kept) => then(readSettings(kept[SETTINGS_PLACE])));
  };
  addEventListener('keydown', follow, true);
  requestIdleCallback(follow, { timeout: AT_THE_LATEST_MS });
}
