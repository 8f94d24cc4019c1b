import type { Repository } from '../../ports.ts';
import type { Commits } from './commits.ts';
import { type Git, GitTrouble, gitText, WORK_MS } from './git.ts';
import { fullHash, proposalRef } from './names.ts';
import { type PatchFile, readPatch } from './patch-read.ts';
import { pathBefore, writePatch } from './patch-write.ts';
import { pathBytes, pathText, splitNul } from './path-text.ts';
import { withPrivateIndex } from './private-index.ts';
import type { Refs } from './refs.ts';
import { blobs, problemsOfNames, problemsOfTree, type TreeCall, treeEntries } from './tree-rules.ts';
import { LIMITS, type Problem } from './worktree-walk.ts';

type Outcome = Awaited<ReturnType<Repository['proposePatch']>>;
type Applied = { end: 'applied'; tree: string } | Exclude<Outcome, { end: 'committed' }>;

/** A text longer than this is not looked at. */
const PATCH_BYTES = 2 * 1024 * 1024;

const WORDS = 600;

/**
 * Commits a diff that a model wrote, in the object store alone: nothing of it is ever a file on disk. git applies it to a
 * private index, and what comes out is judged like the tree of a snapshot.
 */
export function createProposals(parts: {
  git: Git;
  commits: Commits;
  refs: Refs;
  indexFolder: string;
  one: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}): Pick<Repository, 'proposePatch'> {
  const { git, commits, refs, indexFolder } = parts;
  return {
    proposePatch: async ({ runId, base, patch, message, identity, signal }) => {
      const pin = proposalRef(runId);
      return parts.one(pin, async (): Promise<Outcome> => {
        const applied = await withPrivateIndex(indexFolder, pin, (index) => {
          const call: TreeCall = (args, stdin) => ({
            args,
            env: { GIT_INDEX_FILE: index },
            signal,
            timeoutMs: WORK_MS,
            ...(stdin === undefined ? {} : { stdin }),
          });
          return applyPatch(git, call, fullHash(base), patch);
        });
        if (applied.end !== 'applied') return applied;
        const { tree } = applied;
        if (tree === (await commits.facts(base)).tree) return { end: 'empty' };
        const commit = await commits.make({ tree, parents: [base], message, identity });
        const pinned = await refs.read(pin);
        if (pinned !== commit && !(await refs.change([{ ref: pin, from: pinned, to: commit }], 'proposal'))) {
          throw new GitTrouble(`somebody else writes ${pin}`);
        }
        return { end: 'committed', commit, tree };
      });
    },
  };
}

async function applyPatch(git: Git, call: TreeCall, base: string, text: string): Promise<Applied> {
  if (text.trim() === '') return { end: 'empty' };
  if (text.length > PATCH_BYTES) return doesNotApply(`The patch is longer than ${PATCH_BYTES} characters.`);
  if (text.includes('\0')) return doesNotApply('The patch has a NUL byte in it, so it is no text.');
  const read = readPatch(pathBytes(text));
  if (!read.ok) return doesNotApply(read.why);
  if (read.files.length === 0) return doesNotApply('There is no unified diff in the text.');

  const sizes = await treeEntries(git, call, base);
  const contentOf = await contents(git, call, base, read.files, sizes);
  const written = writePatch(read.files, read.isAllCrlf, contentOf);
  if (!written.ok) return doesNotApply(written.why);
  const patch = Buffer.from(written.text, 'latin1').toString('utf8');
  const problems = await tooMuch(git, call, patch, read.files, sizes);
  if (problems.length > 0) return refused(problems);
  await gitText(git, call(['read-tree', base]));
  // Every hunk is where it belongs; without this git takes one with nothing after it for the end of the file.
  const done = await git(call(['apply', '--cached', '--whitespace=nowarn', '--unidiff-zero', '-p1', '-'], patch));
  return done.code === 0 ? judged(git, call, base, sizes) : whyNot(done.stderr);
}

/** What came out of a patch that applied. */
async function judged(git: Git, call: TreeCall, base: string, sizes: ReadonlyMap<string, number>): Promise<Applied> {
  const written = await git(call(['write-tree']));
  // An index that makes no tree: modes and names that git takes one by one and not together.
  if (written.code !== 0) return doesNotApply(written.stderr);
  const tree = written.stdout.toString('latin1').trim();
  const problems = [...problemsOfNames(sizes, await treeEntries(git, call, tree)), ...(await problemsOfTree(git, call, base, tree))];
  return problems.length > 0 ? refused(problems) : { end: 'applied', tree };
}

/** Bytes of the files that a patch changes. */
async function contents(
  git: Git,
  call: TreeCall,
  base: string,
  files: readonly PatchFile[],
  sizes: ReadonlyMap<string, number>,
): Promise<(path: string) => string | undefined> {
  const wanted = new Set(files.map(pathBefore).filter((path) => path !== undefined && sizes.has(path)));
  let bytes = 0;
  for (const path of wanted) bytes += sizes.get(path!)!;
  // Too much is refused before anything is applied; it need not be read.
  if (bytes > LIMITS.changedBytes) return () => undefined;
  const objects = new Map<string, string>();
  for (const entry of splitNul((await git(call(['ls-tree', '-r', '-z', '--full-tree', base]))).stdout)) {
    const [, type, object, path] = /^\d+ (\w+) ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
    if (type === 'blob' && wanted.has(path!)) objects.set(path!, object!);
  }
  const found = await blobs(git, call, [...new Set(objects.values())]);
  return (path) => found.get(objects.get(path) ?? '');
}

/**
 * How much a patch may write at most, before git writes it: the files it changes and its own text. A file that it makes and then changes
 * again is written again, and one that it moves or copies is written whole.
 */
async function tooMuch(
  git: Git,
  call: TreeCall,
  patch: string,
  files: readonly PatchFile[],
  sizes: ReadonlyMap<string, number>,
): Promise<readonly Problem[]> {
  const listed = await git(call(['apply', '--numstat', '-z', '--unidiff-zero', '-p1', '-'], patch));
  if (listed.code !== 0) return [];
  const own = Buffer.byteLength(patch);
  const largest = () => [...sizes.values()].reduce((most, size) => Math.max(most, size), 0);
  const again = (path: string | undefined) => (sizes.get(path ?? '') ?? largest()) + own;
  const seen = new Set<string>();
  const problems: Problem[] = [];
  let bytes = own;
  for (const entry of splitNul(listed.stdout)) {
    const [, added, path] = /^(\d+|-)\t(?:\d+|-)\t(.*)$/s.exec(entry) ?? [];
    if (path === undefined) continue;
    if (added === '-') problems.push({ path: pathText(path), why: 'a binary change, which a patch cannot carry' });
    bytes += seen.has(path) ? again(path) : (sizes.get(path) ?? 0);
    seen.add(path);
  }
  for (const file of files) if (file.head.some((line) => /^(?:rename|copy) from /.test(line))) bytes += again(pathBefore(file));
  if (seen.size > LIMITS.changedFiles) problems.push({ path: '', why: `${seen.size} files changed; at most ${LIMITS.changedFiles} may` });
  if (bytes > LIMITS.changedBytes) problems.push({ path: '', why: `up to ${bytes} bytes changed; at most ${LIMITS.changedBytes} may` });
  return problems;
}

/** What git says of names it never takes is a refusal; everything else is a patch that does not fit. */
function whyNot(stderr: string): Applied {
  const names = [...stderr.matchAll(/^error: (?:invalid path '(.*)'|affected file '(.*)' is beyond a symbolic link)$/gm)];
  if (names.length === 0) return doesNotApply(stderr);
  return refused(
    names.map(([, path, beyond]) =>
      path === undefined
        ? { path: beyond ?? '', why: 'it lies behind a symbolic link' }
        : { path, why: 'a path that may not be in a repository' },
    ),
  );
}

const refused = (problems: readonly Problem[]): Applied => ({ end: 'refused', problems: problems.slice(0, LIMITS.problems) });

/** git's words, short. */
function doesNotApply(words: string): Applied {
  const lines = words.split('\n').map((line) => line.replace(/^(?:error|fatal): /, '').trim());
  const detail = [...new Set(lines)].filter((line) => line !== '').join('; ');
  return { end: 'does_not_apply', detail: detail.length > WORDS ? `${detail.slice(0, WORDS)}…` : detail || 'git gave no reason' };
}
