import { isGone } from '../ask.ts';

interface Storage {
  local: { get(places: string[]): Promise<Record<string, unknown>> };
  onChanged: { addListener(then: (changes: Readonly<Record<string, { newValue?: unknown }>>, area: string) => void): void };
}

/**
 * Tells what is kept in `storage.local`, by the name of its place, once it is read and after each change; from when the
 * answer is first called. It is read here, so that no page wakes the background by being opened.
 */
export function followKept(told: Readonly<Record<string, (kept: unknown) => void>>): () => void {
  const { browser, chrome } = globalThis as { browser?: { storage?: Storage }; chrome?: { storage?: Storage } };
  let isFollowing = false;
  return () => {
    // Not looked at before: making this object of the browser's is most of what we would cost a page.
    const storage = isFollowing ? undefined : (browser ?? chrome)?.storage;
    isFollowing = true;
    if (!storage) return;
    storage.onChanged.addListener((changes, area) => {
      for (const place in told) if (area === 'local' && changes[place]) told[place]!(changes[place].newValue);
    });
    storage.local.get(Object.keys(told)).then(
      (kept) => {
        for (const place in told) told[place]!(kept[place]);
      },
      (error: unknown) => {
        // Updated or removed meanwhile; anything else is a fault, for the browser's list of errors.
        if (!isGone()) throw error;
      },
    );
  };
}
