/** Text kept by name across reloads. */
export interface Kept {
  read(name: string): string | null;
  write(name: string, text: string): void;
}

/** The browser's own storage. A full or forbidden storage keeps nothing, which the page survives. */
export const browserStorage: Kept = {
  read(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  },
  write(name, text) {
    try {
      localStorage.setItem(name, text);
    } catch {
      // Nothing to tell: what is written here only makes a reload kinder.
    }
  },
};

/** What was kept, parsed; undefined when there is nothing or nothing readable. */
export function readJson(kept: Kept, name: string): unknown {
  try {
    return JSON.parse(kept.read(name) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}
