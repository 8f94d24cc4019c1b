import { Buffer } from 'node:buffer';
import type { Repository, SnapshotOutcome } from '../../ports.ts';
import type { Commits } from './commits.ts';
import { type Git, type GitCall, gitBytes, gitText, WORK_MS } from './git.ts';
import type { Lfs } from './lfs.ts';
import { branchRef, fullHash } from './names.ts';
import { pathText, splitNul } from './path-text.ts';
import { withPrivateIndex } from './private-index.ts';
import type { Refs } from './refs.ts';
import { problemsOfTree, type TreeCall, treeEntries } from './tree-rules.ts';
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
  lfs: Pick<Lfs, 'take'>;
  commits: Commits;
  refs: Refs;
  worktrees: Worktrees;
  indexFolder: string;
  one: <T>(folder: string, work: () => Promise<T>) => Promise<T>;
}): Pick<Repository, 'snapshot'> {
  const { git, commits, refs, worktrees, indexFolder } = parts;

  return {
    snapshot: ({ folder, base, branch, message, identity, signal, parents: given = [base] }) =>
      parts.one(folder, async (): Promise<SnapshotOutcome> => {
        const parents = [...new Set(given)];
        const ref = branchRef(branch);
        const admin = await worktrees.administration(folder);
        if (admin === undefined) return refused('', 'the folder is not a worktree of Codex Builder');
        const tree = await withPrivateIndex(indexFolder, `snapshot ${folder}`, async (index) => {
          const call: TreeCall = (args, stdin) => ({
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
          return takeTree(git, parts.lfs, call, folder, index, fullHash(base));
        }).catch((error: unknown) => {
          if (error instanceof Refusal) return error;
          throw error;
        });
        if (tree instanceof Refusal) return { end: 'refused', problems: tree.problems };
        if (tree === (await commits.facts(base)).tree) return { end: 'empty' };
        const commit = await commits.make({ tree, parents, message, identity });

        const now = await refs.read(ref);
        if (now === commit) return { end: 'committed', commit, tree };
        const isOurs = now === undefined || now === base || parents.includes(now) || (await isSnapshotOf(commits, now, parents));
        if (!isOurs || !(await refs.change([{ ref, from: now, to: commit }], 'snapshot'))) {
          return refused('', `the branch is at ${now}, which is not what this work started from`);
        }
        return { end: 'committed', commit, tree };
      }),
  };
}

async function takeTree(git: Git, lfs: Pick<Lfs, 'take'>, call: TreeCall, folder: string, index: string, base: string): Promise<string> {
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
  await lfs.take({
    base,
    call,
    folder,
    files: [...onDisk.files.keys()].filter((path) => !ignored.has(path)),
    judge(unchanged) {
      problems.push(...tooMuch(onDisk.files, baseEntries, new Set([...ignored, ...unchanged])));
      if (problems.length > 0) throw new Refusal(problems);
    },
  });

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

/**
 * Whether a commit is one that an earlier snapshot of the same work made: it stands on the same parents. The work goes on in
 * the same worktree after a first snapshot (a repair, a kill), and the next one takes the place of the first.
 */
async function isSnapshotOf(commits: Commits, commit: string, parents: readonly string[]): Promise<boolean> {
  const found = (await commits.facts(commit)).parents;
  return found.length === parents.length && found.every((parent, index) => parent === parents[index]);
}

const refused = (path: string, why: string): SnapshotOutcome => ({ end: 'refused', problems: [{ path, why }] });
