import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';

const PLACES = ['A', 'B', 'C', 'D'] as const;

/** What a place of the ring holds. It is absent while the place is being filled, so a half-built release is never started. */
const Entry = z.object({ releaseId: z.string(), commit: z.string(), preparedAt: z.number(), migrated: z.boolean() });
export type RingEntry = z.infer<typeof Entry> & { folder: string };

/** Four persistent release folders and what is in them. The notes lie beside the folders, where the app's code does not reach. */
export interface ReleaseRing {
  entryOf(releaseId: string): RingEntry | undefined;
  /** The folder to fill next: an unused one, else the oldest that holds none of `busy`. Its note is removed. */
  take(busy: ReadonlySet<string>): string | undefined;
  /** Notes durably what a folder holds. */
  put(entry: RingEntry): void;
}

export function openReleaseRing(root: string): ReleaseRing {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const folderOf = (place: string) => join(root, place);
  const noteOf = (folder: string) => `${folder}.release.json`;

  function read(place: string): RingEntry | undefined {
    const folder = folderOf(place);
    const text = readIfThere(noteOf(folder));
    if (text === undefined) return undefined;
    const entry = z.safeParse(Entry, JSON.parse(text));
    return entry.success ? { ...entry.data, folder } : undefined;
  }

  return {
    entryOf: (releaseId) => PLACES.map(read).find((entry) => entry?.releaseId === releaseId),
    take(busy) {
      const candidates = PLACES.map((place) => ({ folder: folderOf(place), entry: read(place) }))
        .filter(({ entry }) => entry === undefined || !busy.has(entry.releaseId))
        .sort((a, b) => (a.entry?.preparedAt ?? 0) - (b.entry?.preparedAt ?? 0));
      const folder = candidates[0]?.folder;
      if (folder === undefined) return undefined;
      rmSync(noteOf(folder), { force: true });
      return folder;
    },
    put({ folder, ...entry }) {
      const temp = `${noteOf(folder)}.tmp`;
      const file = openSync(temp, 'w', 0o600);
      try {
        writeSync(file, JSON.stringify(entry));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temp, noteOf(folder));
      const parent = openSync(root, 'r');
      try {
        fsyncSync(parent);
      } finally {
        closeSync(parent);
      }
    },
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
