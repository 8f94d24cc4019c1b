import { Buffer } from 'node:buffer';
import type { CommitLine, CommitOutcome, Repository } from '../../ports.ts';
import type { Commits } from './commits.ts';
import { type Git, gitBytes } from './git.ts';
import { mergeTree } from './merge-tree.ts';
import { fullHash } from './names.ts';
import { splitNul } from './path-text.ts';

/** Reads what came to main, and merges the person's main into ours in the object store. No ref moves. */
export function createHistory(git: Git, commits: Commits): Pick<Repository, 'commitsBetween' | 'buildSync'> {
  return {
    async commitsBetween(from, to, limit) {
      const range = [fullHash(to), ...(from === undefined ? [] : [`^${fullHash(from)}`])];
      const fields = splitNul(
        await gitBytes(git, { args: ['log', '-z', `--max-count=${limit}`, '--format=%H%x00%P%x00%ct%x00%ce%x00%s', ...range, '--'] }),
      );
      const lines: CommitLine[] = [];
      for (let at = 0; at + 4 < fields.length; at += 5) {
        const [commit, parents, seconds, committer, subject] = fields.slice(at, at + 5) as [string, string, string, string, string];
        lines.push({
          commit,
          parents: parents === '' ? [] : parents.split(' '),
          at: Number(seconds) * 1_000,
          committer: textOf(committer),
          subject: textOf(subject),
        });
      }
      return lines;
    },

    async buildSync({ ours, theirs, message, identity }): Promise<CommitOutcome> {
      const merged = await mergeTree(git, commits, ours, theirs);
      if (merged.end === 'conflict') return { end: 'conflict', paths: merged.paths };
      return { end: 'built', commit: await commits.make({ tree: merged.tree, parents: [ours, theirs], message, identity }) };
    },
  };
}

/** `splitNul` gives one character a byte. */
const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
