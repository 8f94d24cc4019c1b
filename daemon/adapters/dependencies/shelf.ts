import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Clock, Ids, Sandbox } from '../../ports.ts';
import { copyTree } from './programs.ts';

const Note = z.object({
  /** Whose tree was made first; the others are copies of it. */
  owner: z.string(),
  command: z.string(),
  madeAt: z.number(),
  bytes: z.number(),
  items: z.array(z.object({ name: z.string(), inside: z.string() })),
});

/** What one setup made. Nothing in it is written again. */
export interface Entry extends z.infer<typeof Note> {
  key: string;
  folder: string;
}

const KEY = /^[0-9a-f]{40}$/;

/** Everything that setups made, each under the name of what it was made of. An entry is found only when it is whole. */
export function openShelf({ root, sandbox, clock, ids }: { root: string; sandbox: Sandbox; clock: Clock; ids: Pick<Ids, 'randomHex'> }) {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const copying = new Map<string, Promise<string>>();
  const usersOf = (entry: Entry) => join(entry.folder, 'users');
  const ownerOf = (seat: number) => (sandbox.capabilities.separateUser ? `seat-${seat}` : 'all');

  function find(key: string): Entry | undefined {
    const folder = join(root, key);
    const note = join(folder, 'made.json');
    return existsSync(note) ? { ...z.parse(Note, JSON.parse(readFileSync(note, 'utf8'))), key, folder } : undefined;
  }

  /** Notes in the time of its note when it was last of use. */
  function touch(folder: string): void {
    const now = clock.now() / 1000;
    utimesSync(join(folder, 'made.json'), now, now);
  }

  async function remove(folder: string): Promise<void> {
    await sandbox.wipe(folder);
    rmdirSync(folder);
  }

  return {
    find,
    ownerOf,

    /** An empty folder in which an entry is put together. */
    begin(): string {
      const folder = join(root, `new-${ids.randomHex(6)}`);
      mkdirSync(folder, { mode: 0o700 });
      return folder;
    },

    /** Gives what was put together its name. */
    keep(folder: string, key: string, note: z.infer<typeof Note>): Entry {
      writeFileSync(join(folder, 'made.json'), JSON.stringify(note), { mode: 0o600, flush: true });
      touch(folder);
      mkdirSync(join(folder, 'users'), { mode: 0o700 });
      renameSync(folder, join(root, key));
      return { ...note, key, folder: join(root, key) };
    },

    remove,

    /** The tree as the user of a seat owns it: made once by copying, since files of another user cannot be changed in a layer either. */
    async treeFor(entry: Entry, seat: number, signal: AbortSignal): Promise<string> {
      const tree = join(entry.folder, ownerOf(seat));
      if (existsSync(tree)) return tree;
      const under = copying.get(tree);
      if (under !== undefined) return under;
      const temp = join(entry.folder, `new-${ids.randomHex(6)}`);
      const doing = (async () => {
        await copyTree(join(entry.folder, entry.owner), temp, signal);
        await sandbox.own(temp, seat);
        renameSync(temp, tree);
        return tree;
      })().finally(() => copying.delete(tree));
      copying.set(tree, doing);
      return doing;
    },

    /** Notes that a place has it, so that it stays. */
    use(entry: Entry, place: string): void {
      writeFileSync(join(usersOf(entry), createHash('sha256').update(place).digest('hex')), place, { mode: 0o600 });
      touch(entry.folder);
    },

    /**
     * Removes entries that no place has any more (`has` is asked): those unused for long, the oldest while there are too many bytes, or all.
     * Begun ones that a kill left behind go too, unless they are under way.
     */
    async prune(limits: {
      unusedMs: number;
      maxBytes: number;
      all: boolean;
      underWay: ReadonlySet<string>;
      has: (place: string, key: string) => boolean;
    }): Promise<number> {
      let removed = 0;
      const entries: { entry: Entry; usedAt: number; inUse: boolean }[] = [];
      for (const name of readdirSync(root)) {
        const folder = join(root, name);
        if (/^(new|gone)-/.test(name) && !limits.underWay.has(folder)) await remove(folder);
        const entry = KEY.test(name) ? find(name) : undefined;
        if (entry === undefined) continue;
        const users = readdirSync(usersOf(entry)).map((user) => join(usersOf(entry), user));
        const gone = users.filter((user) => !limits.has(readFileSync(user, 'utf8'), name));
        for (const user of gone) rmSync(user);
        entries.push({ entry, usedAt: statSync(join(folder, 'made.json')).mtimeMs, inUse: gone.length < users.length });
      }
      let bytes = entries.reduce((sum, { entry }) => sum + entry.bytes * copiesOf(entry), 0);
      for (const { entry, usedAt, inUse } of entries.sort((a, b) => a.usedAt - b.usedAt)) {
        if (inUse || !(limits.all || bytes > limits.maxBytes || clock.now() - usedAt > limits.unusedMs)) continue;
        const size = entry.bytes * copiesOf(entry);
        const gone = join(root, `gone-${ids.randomHex(6)}`);
        renameSync(entry.folder, gone);
        await remove(gone);
        bytes -= size;
        removed += size;
      }
      return removed;
    },
  };
}

export type Shelf = ReturnType<typeof openShelf>;

/** An entry has a tree for each user that needed one. */
function copiesOf(entry: Entry): number {
  return readdirSync(entry.folder).filter((name) => /^(seat-\d+|all)$/.test(name)).length;
}
