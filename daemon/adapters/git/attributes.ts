import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { kindOf } from './folders.ts';
import { type Git, gitBytes, gitText } from './git.ts';
import { fullHash } from './names.ts';
import { pathText, splitNul } from './path-text.ts';
import { withPrivateIndex } from './private-index.ts';

/** Says which filter the `.gitattributes` of a commit name for paths. */
export interface Attributes {
  /** Whether the commit names any filter at all; most do not, and need no further look. */
  nameFilters(commit: string): Promise<boolean>;
  /** Filter by path (one character a byte); a path without one is left out. */
  filtersOf(commit: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/**
 * The control repository overrides every attribute so that git never filters. To read them as they were meant, git is asked in an
 * empty repository that has the control repository's objects and nothing else.
 */
export function createAttributes(git: Git, gitDir: string, indexFolder: string): Attributes {
  const scratch = join(indexFolder, 'attributes.git');
  const objects = { GIT_OBJECT_DIRECTORY: join(gitDir, 'objects') };

  return {
    async nameFilters(commit) {
      const listed = splitNul(await gitBytes(git, { args: ['ls-tree', '-r', '-z', '--full-tree', fullHash(commit)] }));
      for (const entry of listed) {
        const [, object, path] = /^100\d{3} blob ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
        if (object === undefined || !/(^|\/)\.gitattributes$/.test(path!)) continue;
        if (/\bfilter=/.test(await gitText(git, { args: ['cat-file', 'blob', object] }))) return true;
      }
      return false;
    },

    async filtersOf(commit, paths) {
      const filters = new Map<string, string>();
      if (paths.length === 0) return filters;
      if ((await kindOf(scratch)) === 'missing') {
        await mkdir(indexFolder, { recursive: true, mode: 0o700 });
        const format = commit.length === 64 ? 'sha256' : 'sha1';
        await gitText(git, { args: ['init', '-q', '--bare', '--template=', `--object-format=${format}`], gitDir: scratch });
      }
      return withPrivateIndex(indexFolder, `attributes ${commit} ${paths.length} ${paths[0]}`, async (index) => {
        const env = { ...objects, GIT_INDEX_FILE: index };
        await gitText(git, { args: ['read-tree', fullHash(commit)], gitDir: scratch, env });
        const stdin = paths.map((path) => `${pathText(path)}\0`).join('');
        const answer = splitNul(
          await gitBytes(git, { args: ['check-attr', '--cached', '-z', '--stdin', 'filter'], gitDir: scratch, env, stdin }),
        );
        for (let at = 0; at + 2 < answer.length; at += 3) {
          const [path, , value] = answer.slice(at, at + 3);
          if (value !== 'unspecified' && value !== 'unset' && value !== 'set') filters.set(path!, value!);
        }
        return filters;
      });
    },
  };
}
