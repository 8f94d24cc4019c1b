import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Repository, SnapshotOutcome } from '../../ports.ts';
import type { Commits } from './commits.ts';
import { parseRaw } from './diff.ts';
import { type Git, type GitCall, GitTrouble, gitBytes, gitText, WORK_MS } from './git.ts';
import { branchRef, fullHash } from './names.ts';
import { pathText, splitNul } from './path-text.ts';
import type { Refs } from './refs.ts';
import { LIMITS, type Problem, walkWorktree } from './worktree-walk.ts';
import type { Worktrees } from './worktrees.ts';

/** The tree could not be taken as a whole; carries what is to be said about it. */
class Refusal extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super('snapshot refused');
    this.problems = problems.slice(0, LIMITS.problems);
  }
}

/**
 * Commits what a program left in a worktree. The index is private and starts at `base`, so neither a bit nor a
 * lock in the worktree's own index can hide anything; what git would pass over in silence is looked for on disk.
 */
export function createSnapshots(parts: {
  git: Git;
  commits: Commits;
  refs: Refs;
  worktrees: Worktrees;
  indexFolder: string;
  one: <T>(folder: string, work: () => Promise<T>) => Promise<T>;
}): Pick<Repository, 'snapshot'> {
  const { git, commits, refs, worktrees, indexFolder } = parts;

  return {
    snapshot: ({ folder, base, branch, message, identity, signal }) =>
      parts.one(folder, async (): Promise<SnapshotOutcome> => {
        const ref = branchRef(branch);
        const admin = await worktrees.administration(folder);
        if (admin === undefined) return refused('', 'the folder is not a worktree of Codex Builder');
        const index = join(indexFolder, `snapshot-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`);
        try {
          await mkdir(indexFolder, { recursive: true, mode: 0o700 });
          await dropIndex(index);
          const call = (args: readonly string[], stdin?: string): GitCall => ({
            args,
            gitDir: admin,
            workTree: folder,
            cwd: folder,
            env: { GIT_INDEX_FILE: index },
            config: ['core.sparseCheckout=false', 'core.fileMode=true', 'core.symlinks=true', 'core.autocrlf=false', 'core.safecrlf=false'],
            signal,
            timeoutMs: WORK_MS,
            ...(stdin === undefined ? {} : { stdin }),
          });
          const tree = await takeTree(git, call, folder, index, fullHash(base));
          if (tree === (await commits.facts(base)).tree) return { end: 'empty' };
          const commit = await commits.make({ tree, parents: [base], message, identity });

          const now = await refs.read(ref);
          if (now === commit) return { end: 'committed', commit, tree };
          const isOurs = now === undefined || now === base || (await isSnapshotOf(commits, now, base));
          if (!isOurs || !(await refs.change([{ ref, from: now, to: commit }], 'snapshot'))) {
            return refused('', `the branch is at ${now}, which is not what this work started from`);
          }
          return { end: 'committed', commit, tree };
        } catch (error) {
          if (error instanceof Refusal) return { end: 'refused', problems: error.problems };
          throw error;
        } finally {
          await dropIndex(index);
        }
      }),
  };
}

async function takeTree(
  git: Git,
  call: (args: readonly string[], stdin?: string) => GitCall,
  folder: string,
  index: string,
  base: string,
): Promise<string> {
  await gitText(git, call(['read-tree', base]));
  const baseEntries = await treeEntries(git, call, base);
  const ignored = new Set(await quietly(git, call(['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory'])));
  const onDisk = await walkWorktree(
    folder,
    (path) => ignored.has(`${path}/`),
    (path) => baseEntries.has(path),
  );
  const problems = [...onDisk.problems];
  const notIgnored = async (paths: readonly string[]) => {
    if (paths.length === 0) return [];
    // A leading `./` keeps git from reading a colon as pathspec magic; this command cannot be told to be literal.
    const input = paths.map((path) => `./${Buffer.from(path, 'latin1').toString('utf8')}\0`).join('');
    const answer = await git({
      ...call(['check-ignore', '-z', '--stdin'], input),
      env: { GIT_INDEX_FILE: index, GIT_LITERAL_PATHSPECS: '0' },
    });
    if (answer.code > 1) throw new Refusal([{ path: '', why: answer.stderr }]);
    const hidden = new Set(splitNul(answer.stdout).map((path) => path.slice(2)));
    return paths.filter((path) => !hidden.has(path));
  };
  for (const path of await notIgnored(onDisk.special)) problems.push({ path: pathText(path), why: 'a named pipe, socket or device' });
  problems.push(...tooMuch(onDisk.files, baseEntries, ignored));
  if (problems.length > 0) throw new Refusal(problems);

  await quietly(git, call(['add', '-A', '--', '.']));
  const tree = await gitText(git, call(['write-tree']));
  await quietly(git, call(['add', '-A', '--', '.']));
  if ((await gitText(git, call(['write-tree']))) !== tree)
    throw new Refusal([{ path: '', why: 'something is still writing to the worktree' }]);

  const committed = new Set(splitNul(await gitBytes(git, call(['ls-files', '-z', '--cached']))));
  const missing = await notIgnored([...onDisk.files.keys()].filter((path) => !committed.has(path) && !ignored.has(path)));
  problems.push(...missing.map((path) => ({ path: pathText(path), why: 'git left it out' })));
  problems.push(...(await problemsOfTree(git, call, base, tree)));
  if (problems.length > 0) throw new Refusal(problems);
  return tree;
}

/** A git that warns has left something out, whatever its exit code says. */
async function quietly(git: Git, call: GitCall): Promise<readonly string[]> {
  const result = await git(call);
  if (result.code !== 0 || result.stderr !== '') {
    throw new Refusal(
      result.stderr
        .split('\n')
        .map((line) => ({ path: /'([^']+?)\/?'/.exec(line)?.[1] ?? '', why: line || `git ended with ${result.code}` })),
    );
  }
  return splitNul(result.stdout);
}

async function treeEntries(git: Git, call: (args: readonly string[]) => GitCall, tree: string): Promise<ReadonlyMap<string, number>> {
  const entries = new Map<string, number>();
  for (const entry of splitNul(await gitBytes(git, call(['ls-tree', '-r', '-z', '-l', '--full-tree', tree])))) {
    const [, size, path] = /^\d+ \w+ [0-9a-f]+ +(\d+|-)\t(.*)$/s.exec(entry) ?? [];
    if (path === undefined) throw new GitTrouble('unreadable tree');
    entries.set(path, Number(size) || 0);
  }
  return entries;
}

/** Before anything is written to the object store: what is new or has another size than before must be within the limits. */
function tooMuch(files: ReadonlyMap<string, number>, base: ReadonlyMap<string, number>, ignored: ReadonlySet<string>): readonly Problem[] {
  let count = 0;
  let bytes = 0;
  let largest = { path: '', size: -1 };
  for (const [path, size] of files) {
    if (ignored.has(path) || base.get(path) === size) continue;
    count += 1;
    bytes += size;
    if (size > largest.size) largest = { path, size };
  }
  if (count > LIMITS.changedFiles) return [{ path: '', why: `${count} files changed; at most ${LIMITS.changedFiles} may` }];
  if (bytes > LIMITS.changedBytes)
    return [{ path: pathText(largest.path), why: `${bytes} bytes changed; at most ${LIMITS.changedBytes} may` }];
  return [];
}

/** What may not be in a tree although git would take it. What `base` has already is left as it is. */
async function problemsOfTree(
  git: Git,
  call: (args: readonly string[]) => GitCall,
  base: string,
  tree: string,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const changes = parseRaw(
    splitNul(await gitBytes(git, call(['diff-tree', '-r', '-z', '--raw', '--no-renames', '--ignore-submodules=none', base, tree]))),
  );
  if (changes.length > LIMITS.changedFiles)
    return [{ path: '', why: `${changes.length} files changed; at most ${LIMITS.changedFiles} may` }];
  for (const { path, newMode } of changes) {
    if (newMode === '160000') problems.push({ path: pathText(path), why: 'a git repository inside the worktree' });
  }
  const links = changes.filter(({ newMode }) => newMode === '120000');
  const targets = await blobs(
    git,
    call,
    links.map(({ newObject }) => newObject),
  );
  for (const { path, newObject } of links) {
    const target = targets.get(newObject)!;
    if (leavesTree(path, target)) problems.push({ path: pathText(path), why: `a link that leads out of the tree (${pathText(target)})` });
  }
  return problems;
}

/** Contents of small blobs, one character a byte, read by a single git. */
async function blobs(
  git: Git,
  call: (args: readonly string[], stdin?: string) => GitCall,
  objects: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  if (objects.length === 0) return found;
  const answer = await gitBytes(git, call(['cat-file', '--batch'], objects.map((object) => `${object}\n`).join('')));
  for (let at = 0; at < answer.length; ) {
    const end = answer.indexOf(10, at);
    const [, object, size] = /^([0-9a-f]+) blob (\d+)$/.exec(answer.toString('latin1', at, end)) ?? [];
    if (object === undefined) throw new GitTrouble('unreadable blob');
    found.set(object, answer.toString('latin1', end + 1, end + 1 + Number(size)));
    at = end + 1 + Number(size) + 1;
  }
  return found;
}

/** A link may go up only at its start, where the folders above it are known to be real ones, and not above the root. */
function leavesTree(path: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const ups = parts.findIndex((part) => part !== '..');
  const rest = ups === -1 ? [] : parts.slice(ups);
  return rest.includes('..') || posix.normalize(posix.join(posix.dirname(path), ...parts, '.')).startsWith('..');
}

/** Whether a commit is one that an earlier snapshot on the same base made. */
async function isSnapshotOf(commits: Commits, commit: string, base: string): Promise<boolean> {
  const { parents } = await commits.facts(commit);
  return parents.length === 1 && parents[0] === base;
}

async function dropIndex(index: string): Promise<void> {
  await rm(index, { force: true });
  await rm(`${index}.lock`, { force: true });
}

const refused = (path: string, why: string): SnapshotOutcome => ({ end: 'refused', problems: [{ path, why }] });
