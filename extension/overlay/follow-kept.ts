interface Storage {
  local: { get(places: string[]): Promise<Record<string, unknown>> };
  onChanged: { addListener(then: (changes: Readonly<Record<string, { newValue?: unknown }>>, area: string) => void): void };
}

/** A page that is never done with loading is not waited for longer. */
const AT_THE_LATEST_MS = 1_000;

/**
 * Tells what is kept in `storage.local`, by the name of its place, once it is read and after each change: when the page
 * has loaded, so that none loads later for it, or when the first key goes down. It is read here, so that no page wakes the
 * background by being opened.
 */
export function followKept(told: Readonly<Record<string, (kept: unknown) => void>>): void {
  const { browser, chrome } = globalThis as { browser?: { storage?: Storage }; chrome?: { storage?: Storage } };
  const api = browser ?? chrome;
  let isFollowing = false;
  const follow = () => {
    const storage = isFollowing ? undefined : api?.storage;
    isFollowing = true;
    removeEventListener('keydown', follow, true);
    if (!storage) return;
    storage.onChanged.addListener((changes, area) => {
      for (const place in told) if (area === 'local' && changes[place]) told[place]!(changes[place].newValue);
    });
    void storage.local.get(Object.keys(told)).then((kept) => {
      for (const place in told) told[place]!(kept[place]);
    });
  };
  addEventListener('keydown', follow, true);
  if (document.readyState === 'complete') follow();
  else {
    // A task later: what the page itself does then comes first.
    addEventListener('load', () => setTimeout(follow));
    setTimeout(follow, AT_THE_LATEST_MS);
  }
}
