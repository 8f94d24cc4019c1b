import { Buffer } from 'node:buffer';
import { copyFile, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRaw, type RawChange } from './diff.ts';
import { coveredFile, diskPath, entryOf, onDisk } from './disk-entry.ts';
import { filterDrivers } from './filters.ts';
import { giveTo, kindOf, textOf } from './folders.ts';
import { type Git, type GitCall, gitBytes, WORK_MS } from './git.ts';
import { installIndex, removeOwnLock, withIndexLock } from './index-lock.ts';
import { MAIN } from './names.ts';
import { pathText, splitNul } from './path-text.ts';
import type { PersonsCheckout } from './upstream-repository.ts';

/** A private copy of a checkout's index, by which it can be asked without a byte of it changing. */
interface Copy {
  index: string;
  call(args: readonly string[], extra?: Partial<GitCall>): GitCall;
  discard(): Promise<void>;
}

/** Works on checkouts of the person's repository, with their files' owner and without their hooks, filters and monitors. */
export interface Checkouts {
  /** Those that have `main` checked out, or why it cannot be known. */
  onMain(commonDir: string): Promise<readonly PersonsCheckout[]>;
  /** Why moving this checkout from one commit to the other would touch something of theirs; undefined when it would not. */
  inTheWay(checkout: PersonsCheckout, from: string, to: string): Promise<string | undefined>;
  /** Moves files and index. `moveRef` moves main between the last look and the first write. Answers why it was left, if so. */
  move(checkout: PersonsCheckout, from: string, to: string, moveRef: () => Promise<boolean>): Promise<string | undefined>;
  /** Removes the index lock that a killed daemon of ours held, and no other. */
  unlock(checkout: PersonsCheckout): Promise<void>;
  /** After a kill: puts half-moved files back to `from`, if all of them are exactly as one of the two commits has them. */
  restore(checkout: PersonsCheckout, from: string, to: string): Promise<string | undefined>;
}

export function createCheckouts(parts: {
  git: Git;
  /** Where private copies lie; the owner of the person's repository must be able to reach it. */
  scratch: string;
  /** Objects that the person's repository does not have yet. */
  objects?: string;
  owner: { uid: number; gid: number };
}): Checkouts {
  const { git, owner } = parts;
  const asOwner = (path: string) => giveTo(path, owner);

  const copyIndex = async (checkout: PersonsCheckout): Promise<Copy> => {
    const folder = await mkdtemp(join(parts.scratch, 'codex-builder-index-'));
    await asOwner(folder);
    const index = join(folder, 'index');
    const source = join(checkout.gitDir, 'index');
    await copyFile(source, index);
    // An entry is trusted when it is older than the index. A copy must not look younger than what it was made from.
    const { mtimeMs } = await stat(source);
    await utimes(index, Math.floor(mtimeMs / 1000), Math.floor(mtimeMs / 1000));
    await asOwner(index);
    const drivers = await filterDrivers(git, checkout.gitDir);
    return {
      index,
      call: (args, extra) => ({
        args,
        gitDir: checkout.gitDir,
        workTree: checkout.folder,
        cwd: checkout.folder,
        config: drivers,
        timeoutMs: WORK_MS,
        ...extra,
        env: {
          GIT_INDEX_FILE: index,
          ...(parts.objects === undefined ? {} : { GIT_ALTERNATE_OBJECT_DIRECTORIES: parts.objects }),
          ...extra?.env,
        },
      }),
      discard: () => rm(folder, { recursive: true, force: true }),
    };
  };

  const withCopy = async <T>(checkout: PersonsCheckout, work: (copy: Copy) => Promise<T>): Promise<T> => {
    const copy = await copyIndex(checkout);
    try {
      return await work(copy);
    } finally {
      await copy.discard();
    }
  };

  const obstacle = async (checkout: PersonsCheckout, copy: Copy, from: string, to: string): Promise<string | undefined> => {
    for (const name of ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'rebase-merge', 'rebase-apply', 'BISECT_START']) {
      if ((await kindOf(join(checkout.gitDir, name))) !== 'missing')
        return `${checkout.folder} is in the middle of a merge, rebase or bisect`;
    }
    await git(copy.call(['update-index', '-q', '--refresh', '--ignore-submodules']));
    const staged = splitNul(
      await gitBytes(git, copy.call(['diff-index', '--cached', '-z', '--name-only', '--no-renames', '--ignore-submodules=none', from])),
    );
    if (staged.length > 0) return `${checkout.folder} has staged changes (${some(staged)})`;
    const changed = splitNul(await gitBytes(git, copy.call(['diff-files', '-z', '--name-only', '--ignore-submodules=all'])));
    if (changed.length > 0) return `${checkout.folder} has uncommitted changes (${some(changed)})`;
    const covered = await coveredFile(checkout.folder, await changesOf(copy, from, to));
    if (covered !== undefined) return `${pathText(covered)} in ${checkout.folder} is not part of the repository and would be overwritten`;
    const tried = await git(copy.call(['read-tree', '-m', '-u', '--dry-run', from, to]));
    return tried.code === 0 ? undefined : `${checkout.folder}: ${firstLine(tried.stderr)}`;
  };

  const changesOf = async (copy: Copy, from: string, to: string): Promise<readonly RawChange[]> =>
    parseRaw(
      splitNul(await gitBytes(git, copy.call(['diff-tree', '-r', '-z', '--raw', '--no-renames', '--ignore-submodules=none', from, to]))),
    );

  return {
    async onMain(commonDir) {
      const listed = splitNul(await gitBytes(git, { args: ['worktree', 'list', '--porcelain', '-z'], gitDir: commonDir }));
      const found: PersonsCheckout[] = [];
      let folder = '';
      for (const line of listed) {
        if (line.startsWith('worktree ')) folder = Buffer.from(line.slice('worktree '.length), 'latin1').toString('utf8');
        // A rebase of main keeps HEAD detached and main's name in a file.
        if (line !== `branch ${MAIN}` && line !== 'detached') continue;
        const gitDir = await gitDirOf(git, folder);
        if (gitDir === undefined || (await isEmptyCheckout(folder, gitDir))) continue;
        if (line !== 'detached' || (await isRebasingMain(gitDir))) found.push({ folder, gitDir });
      }
      return found;
    },

    async inTheWay(checkout, from, to) {
      if (!(await hasIndex(checkout.gitDir))) return `${checkout.folder} has files but no index; run: git -C ${checkout.folder} reset`;
      if ((await kindOf(join(checkout.gitDir, 'index.lock'))) !== 'missing') return `another git is working in ${checkout.folder}`;
      return withCopy(checkout, (copy) => obstacle(checkout, copy, from, to));
    },

    move: (checkout, from, to, moveRef) =>
      withIndexLock(checkout, asOwner, () =>
        withCopy(checkout, async (copy) => {
          const why = await obstacle(checkout, copy, from, to);
          if (why !== undefined) return why;
          if (!(await moveRef())) return 'main moved there meanwhile';
          const moved = await git(copy.call(['read-tree', '-m', '-u', from, to]));
          if (moved.code !== 0) return `${checkout.folder}: ${firstLine(moved.stderr)}`;
          await installIndex(checkout, copy.index, asOwner);
          return undefined;
        }),
      ),

    unlock: removeOwnLock,

    restore: (checkout, from, to) =>
      withIndexLock(checkout, asOwner, () =>
        withCopy(checkout, async (copy) => {
          const changes = await changesOf(copy, from, to);
          const index = new Map(
            splitNul(await gitBytes(git, copy.call(['ls-files', '-z', '--stage']))).map((entry) => {
              const [, mode, object, path] = /^(\d+) ([0-9a-f]+) \d\t(.*)$/s.exec(entry) ?? [];
              return [path!, `${mode} ${object}`];
            }),
          );
          const isAt = (mode: string, object: string, path: string) =>
            index.get(path) === (mode === '000000' ? undefined : `${mode} ${object}`);
          if (changes.every((each) => isAt(each.newMode, each.newObject, each.path))) return undefined;
          if (!changes.every((each) => isAt(each.oldMode, each.oldObject, each.path)))
            return `${checkout.folder} was changed after an update of it was interrupted`;
          const half: RawChange[] = [];
          for (const change of changes) {
            const now = await onDisk(checkout.folder, change.path, change.newObject.length);
            if (now === entryOf(change.oldMode, change.oldObject)) continue;
            if (now !== entryOf(change.newMode, change.newObject) && now !== undefined) {
              return `${pathText(change.path)} in ${checkout.folder} was changed after an update of it was interrupted`;
            }
            half.push(change);
          }
          if (half.length === 0) return undefined;
          for (const { oldMode, path } of half) {
            if (oldMode === '000000') await rm(diskPath(checkout.folder, path), { force: true });
          }
          const back = half
            .filter(({ oldMode }) => oldMode !== '000000')
            .map(({ path }) => `${Buffer.from(path, 'latin1').toString('utf8')}\0`);
          const done = await git(copy.call(['checkout-index', '-f', '-q', '-u', '-z', '--stdin'], { stdin: back.join('') }));
          if (done.code !== 0) return `${checkout.folder}: ${firstLine(done.stderr)}`;
          await installIndex(checkout, copy.index, asOwner);
          return undefined;
        }),
      ),
  };
}

async function gitDirOf(git: Git, folder: string): Promise<string | undefined> {
  if ((await kindOf(join(folder, '.git'))) === 'missing') return undefined;
  const found = await git({ args: ['rev-parse', '--absolute-git-dir'], gitDir: join(folder, '.git') });
  return found.code === 0 ? found.stdout.toString('utf8').trim() : undefined;
}

const hasIndex = async (gitDir: string): Promise<boolean> => (await kindOf(join(gitDir, 'index'))) === 'file';

/** Nothing was ever checked out there (`git clone -n`): moving main changes nothing that anybody sees. */
async function isEmptyCheckout(folder: string, gitDir: string): Promise<boolean> {
  return !(await hasIndex(gitDir)) && (await readdir(folder)).every((name) => name === '.git');
}

async function isRebasingMain(gitDir: string): Promise<boolean> {
  for (const name of ['rebase-merge/head-name', 'rebase-apply/head-name', 'BISECT_START']) {
    const text = (await textOf(join(gitDir, name)))?.trim();
    if (text === MAIN || text === 'main') return true;
  }
  return false;
}

const some = (paths: readonly string[]): string => paths.slice(0, 3).map(pathText).join(', ') + (paths.length > 3 ? ' …' : '');
const firstLine = (text: string): string => text.split('\n')[0]!.replace(/^(error|fatal): /, '');
