import { Buffer } from 'node:buffer';
import { constants } from 'node:fs';
import { chmod, copyFile, lstat, readFile, rename } from 'node:fs/promises';
import type { Attributes } from './attributes.ts';
import type { Commits } from './commits.ts';
import { diskPath } from './disk-entry.ts';
import { type Git, type GitCall, gitBytes, gitText } from './git.ts';
import { type LfsPointer, POINTER_BYTES, readPointer, writePointer } from './lfs-pointer.ts';
import { hashOf, type LfsStore } from './lfs-store.ts';
import { pathText, splitNul } from './path-text.ts';
import { blobs, type TreeCall } from './tree-rules.ts';
import type { LocalUpstream } from './upstream-repository.ts';

interface Entry {
  path: string;
  mode: string;
  pointer: LfsPointer;
}

/** Git LFS without its program: pointers are read, contents copied, so that no filter of a repository ever runs with our rights. */
export interface Lfs {
  /** Puts contents in the place of a clean checkout's pointers. Answers how many, or which content nobody here has. */
  place(folder: string, commit: string, local: LocalUpstream | undefined): Promise<{ placed: number } | { missing: string }>;
  /**
   * Takes the contents that a program left in a worktree into our store and their pointers into the index, and marks those entries so
   * that `git add` passes over them.
   */
  take(request: {
    base: string;
    call: TreeCall;
    folder: string;
    /** Files that belong into the commit. */
    files: Iterable<string>;
    /** Told what has not changed before anything is kept; throws when the rest is too much. */
    judge(unchanged: ReadonlySet<string>): void;
  }): Promise<void>;
  /** Filters that matter to what changes between two commits, and the pointers among it. */
  between(from: string, to: string): Promise<{ filtered: readonly string[]; pointers: readonly LfsPointer[] }>;
}

export function createLfs(parts: { git: Git; commits: Commits; attributes: Attributes; store: LfsStore }): Lfs {
  const { git, commits, attributes, store } = parts;

  /** Files of a commit that are pointers and meant to be. */
  const entriesOf = async (commit: string): Promise<readonly Entry[]> => {
    if (!(await attributes.nameFilters(commit))) return [];
    const small = new Map<string, { mode: string; object: string }>();
    for (const entry of splitNul(await gitBytes(git, { args: ['ls-tree', '-r', '-z', '-l', '--full-tree', commit] }))) {
      const [, mode, object, size, path] = /^(100\d{3}) blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(entry) ?? [];
      if (path !== undefined && Number(size) <= POINTER_BYTES) small.set(path, { mode: mode!, object: object! });
    }
    const filters = await attributes.filtersOf(commit, [...small.keys()]);
    const named = [...small].filter(([path]) => filters.get(path) === 'lfs');
    const plain: TreeCall = (args, stdin): GitCall => ({ args, ...(stdin === undefined ? {} : { stdin }) });
    const texts = await blobs(git, plain, [...new Set(named.map(([, { object }]) => object))]);
    return named.flatMap(([path, { mode, object }]) => {
      const pointer = readPointer(texts.get(object) ?? '');
      return pointer === undefined ? [] : [{ path, mode, pointer }];
    });
  };

  return {
    async place(folder, commit, local) {
      const entries = await entriesOf(commit);
      for (const { path, mode, pointer } of entries) {
        const content = await store.find(pointer, local);
        if (content === undefined) return { missing: pathText(path) };
        const place = diskPath(folder, path);
        const fresh = Buffer.concat([place, Buffer.from('.lfs-new')]);
        await copyFile(content, fresh, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        await chmod(fresh, mode === '100755' ? 0o755 : 0o644);
        await rename(fresh, place);
      }
      return { placed: entries.length };
    },

    async take({ base, call, folder, files, judge }) {
      if (!(await attributes.nameFilters(base))) return judge(new Set());
      const before = new Map((await entriesOf(base)).map((entry) => [entry.path, entry]));
      // What base says is LFS stays so; what a program wrote into .gitattributes counts from the next commit on.
      const filters = await attributes.filtersOf(base, [...files]);
      const contents: Content[] = [];
      for (const [path, filter] of filters) {
        const content = filter === 'lfs' ? await lookAt(folder, path) : undefined;
        if (content !== undefined) contents.push(content);
      }
      const isAsBefore = ({ path, oid }: Content) => before.get(path)?.pointer.oid === oid;
      judge(new Set(contents.filter(isAsBefore).map(({ path }) => path)));

      const lines: string[] = [];
      for (const content of contents) {
        const { path, place, mode } = content;
        if (isAsBefore(content) && before.get(path)!.mode === mode) continue;
        const pointer = isAsBefore(content) ? content : await store.take(place);
        const object = await gitText(git, { args: ['hash-object', '-w', '--stdin'], stdin: writePointer(pointer) });
        lines.push(`${mode} ${object}\t${textOf(path)}\0`);
      }
      if (lines.length > 0) await gitText(git, call(['update-index', '--add', '-z', '--index-info'], lines.join('')));
      const marked = contents.map(({ path }) => `${textOf(path)}\0`).join('');
      if (marked !== '') await gitText(git, call(['update-index', '--skip-worktree', '-z', '--stdin'], marked));
    },

    async between(from, to) {
      const filtered = new Set<string>();
      const changed = await commits.changedPaths(from, to);
      for (const commit of [from, to]) {
        if (!(await attributes.nameFilters(commit))) continue;
        for (const path of (await attributes.filtersOf(commit, changed)).keys()) filtered.add(path);
      }
      const wanted = new Set(changed);
      return {
        filtered: [...filtered],
        pointers: (await entriesOf(to)).filter(({ path }) => wanted.has(path)).map(({ pointer }) => pointer),
      };
    },
  };
}

interface Content extends LfsPointer {
  path: string;
  place: Buffer;
  mode: string;
}

const textOf = (path: string): string => Buffer.from(path, 'latin1').toString('utf8');

/** The content that lies at a path. A link is none, nor a pointer that stands for itself because nobody had its content. */
async function lookAt(folder: string, path: string): Promise<Content | undefined> {
  const place = diskPath(folder, path);
  const found = await lstat(place);
  if (!found.isFile()) return undefined;
  if (found.size <= POINTER_BYTES) {
    const text = await readFile(place, { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NOFOLLOW });
    if (readPointer(text) !== undefined) return undefined;
  }
  return { path, place, mode: (found.mode & 0o100) === 0 ? '100644' : '100755', ...(await hashOf(place)) };
}
