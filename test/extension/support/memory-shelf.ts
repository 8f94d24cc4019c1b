import type { Shelf, Shelves } from '../../../extension/background/shelves.ts';

/** A shelf that outlives whoever opens it, as the browser's database does. What is read is a copy. */
export function memoryShelf<T>(keyOf: (value: T) => string, kept = new Map<string, string>()): Shelf<T> & { kept: Map<string, string> } {
  const read = (text: string | undefined) => (text === undefined ? undefined : (JSON.parse(text) as T));
  return {
    kept,
    all: async () => [...kept.values()].map((text) => JSON.parse(text) as T),
    get: async (key) => read(kept.get(key)),
    put: async (value) => void kept.set(keyOf(value), JSON.stringify(value)),
    async add(value) {
      if (kept.has(keyOf(value))) return false;
      kept.set(keyOf(value), JSON.stringify(value));
      return true;
    },
    delete: async (key) => void kept.delete(key),
  };
}

export function memoryShelves(): Shelves {
  return {
    daemons: memoryShelf((daemon) => daemon.id),
    unsent: memoryShelf((entry) => entry.key),
    drafts: memoryShelf((draft) => draft.page),
    picked: memoryShelf((picked) => picked.origin),
    asked: memoryShelf((asked) => asked.run),
    told: memoryShelf((told) => told.key),
  };
}
