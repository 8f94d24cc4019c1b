import { existsSync, readdirSync, renameSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Ids } from '../../ports.ts';

/** Where seeds are kept by key: the newest of them, by last use. */
export interface SeedShelf {
  folderOf(key: string): string;
  /** While the work goes on, the seed of this key stays where it is. */
  holding<T>(key: string | undefined, work: () => Promise<T>): Promise<T>;
  /** A folder of its own for something unfinished. `done` when it has been removed or has become a seed. */
  unfinished(): { folder: string; done(): void };
  /** Takes seeds that are too many off the shelf, and what an earlier daemon left unfinished; answers folders to be removed. */
  surplus(): readonly string[];
}

/** A branch goes back and forth between a few states of its schema; older ones are built again when they are wanted. */
const KEPT = 8;
const UNFINISHED = 'new-';

export function openSeedShelf(root: string, ids: Ids): SeedShelf {
  const held = new Map<string, number>();
  const making = new Set<string>();
  const folderOf = (key: string) => join(root, key);
  const newName = () => `${UNFINISHED}${ids.randomHex(6)}`;

  function hold(key: string, by: 1 | -1): void {
    const count = (held.get(key) ?? 0) + by;
    if (count === 0) held.delete(key);
    else held.set(key, count);
    if (existsSync(folderOf(key))) utimesSync(folderOf(key), new Date(), new Date());
  }

  return {
    folderOf,
    async holding(key, work) {
      if (key === undefined) return work();
      hold(key, 1);
      try {
        return await work();
      } finally {
        hold(key, -1);
      }
    },
    unfinished() {
      const name = newName();
      making.add(name);
      return { folder: join(root, name), done: () => void making.delete(name) };
    },
    surplus() {
      const names = existsSync(root) ? readdirSync(root) : [];
      const left = names.filter((name) => name.startsWith(UNFINISHED) && !making.has(name));
      const old = names
        .filter((name) => !name.startsWith(UNFINISHED))
        .map((name) => ({ name, usedAt: statSync(folderOf(name)).mtimeMs }))
        .sort((a, b) => b.usedAt - a.usedAt)
        .slice(KEPT)
        .filter(({ name }) => !held.has(name));
      // Under another name first: half a seed must never be found under its key.
      for (const { name } of old) {
        const gone = newName();
        renameSync(folderOf(name), join(root, gone));
        left.push(gone);
      }
      return left.map((name) => join(root, name));
    },
  };
}
