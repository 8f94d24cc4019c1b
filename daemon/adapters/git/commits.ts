import { simpleGit } from 'simple-git';
import type { CommitIdentity } from '../../ports.ts';
import { type Git, GitTrouble, gitBytes, gitText, READ_MS } from './git.ts';
import { fullHash, isFullHash } from './names.ts';
import { pathBytes, pathText, splitNul } from './path-text.ts';

/** What a commit says about itself. */
export interface CommitFacts {
  tree: string;
  parents: readonly string[];
}

/** Reads and makes commits in the control repository. */
export interface Commits {
  facts(commit: string): Promise<CommitFacts>;
  make(request: { tree: string; parents: readonly string[]; message: string; identity: CommitIdentity }): Promise<string>;
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  mergeBase(a: string, b: string): Promise<string | undefined>;
  /** How many commits `tip` has that `other` has not. */
  count(tip: string, other: string): Promise<number>;
  /** Paths (one character a byte) that differ between two trees; a rename counts as both its names. */
  changedPaths(from: string, to: string): Promise<readonly string[]>;
  readFile(commit: string, path: string): Promise<string | undefined>;
  listFiles(commit: string): Promise<readonly string[]>;
}

export function createCommits(git: Git, gitDir: string, environment: Readonly<Record<string, string>>): Commits {
  const env = { ...environment, GIT_DIR: gitDir };
  // Plain reads only: simple-git does not tell exit codes and leaves children behind when it is stopped.
  const log = simpleGit({
    baseDir: '/',
    timeout: { block: READ_MS },
    allowEnvironment: Object.keys(env),
    unsafe: { allowUnsafeConfigPaths: true },
    // By default an answer counts as complete 50 ms after the exit, read to its end or not.
    completion: { onExit: false, onClose: true },
  }).env(env);

  return {
    async facts(commit) {
      const { latest } = await log.log({
        maxCount: 1,
        format: { tree: '%T', parents: '%P' },
        [fullHash(commit)]: null,
      });
      if (!latest || !isFullHash(latest.tree)) throw new GitTrouble(`no such commit: ${commit}`);
      return { tree: latest.tree, parents: latest.parents === '' ? [] : latest.parents.split(' ') };
    },

    async make({ tree, parents, message, identity }) {
      const date = `@${Math.floor(identity.at / 1000)} +0000`;
      return gitText(git, {
        args: ['commit-tree', fullHash(tree), ...parents.flatMap((parent) => ['-p', fullHash(parent)])],
        stdin: withFinalNewline(message.replaceAll('\0', '')),
        env: {
          GIT_AUTHOR_NAME: personal(identity.name),
          GIT_AUTHOR_EMAIL: personal(identity.email),
          GIT_AUTHOR_DATE: date,
          GIT_COMMITTER_NAME: personal(identity.name),
          GIT_COMMITTER_EMAIL: personal(identity.email),
          GIT_COMMITTER_DATE: date,
        },
      });
    },

    async isAncestor(ancestor, descendant) {
      const { code, stderr } = await git({ args: ['merge-base', '--is-ancestor', fullHash(ancestor), fullHash(descendant)] });
      if (code > 1) throw new GitTrouble(`ancestry of ${ancestor} and ${descendant}: ${stderr}`);
      return code === 0;
    },

    async mergeBase(a, b) {
      const { code, stdout, stderr } = await git({ args: ['merge-base', fullHash(a), fullHash(b)] });
      if (code > 1) throw new GitTrouble(`merge base of ${a} and ${b}: ${stderr}`);
      return code === 0 ? stdout.toString('latin1').trim() : undefined;
    },

    async count(tip, other) {
      return Number(await gitText(git, { args: ['rev-list', '--count', fullHash(tip), `^${fullHash(other)}`] }));
    },

    async changedPaths(from, to) {
      return splitNul(
        await gitBytes(git, {
          args: ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--ignore-submodules=none', fullHash(from), fullHash(to)],
        }),
      );
    },

    async readFile(commit, path) {
      // Git would look such a path up from the root of the file system.
      if (path.startsWith('/') || path.split('/').includes('..')) return undefined;
      const bytes = pathBytes(path);
      const listed = await gitBytes(git, { args: ['ls-tree', '-z', '--full-tree', fullHash(commit), '--', path] });
      for (const entry of splitNul(listed)) {
        const [, mode, type, object, name] = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
        if (name !== bytes || type !== 'blob' || mode === '120000' || object === undefined) continue;
        return (await gitBytes(git, { args: ['cat-file', 'blob', object] })).toString('utf8');
      }
      return undefined;
    },

    async listFiles(commit) {
      return splitNul(await gitBytes(git, { args: ['ls-tree', '-r', '-z', '--name-only', '--full-tree', fullHash(commit)] })).map(pathText);
    },
  };
}

/** Git cuts these characters out of names and refuses an empty one. */
function personal(text: string): string {
  const clean = text.replace(/[\x00-\x1f\x7f<>]/g, '').trim();
  return clean === '' ? 'unknown' : clean;
}

const withFinalNewline = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);
