import type { Repository } from '../../ports.ts';
import type { Commits } from './commits.ts';
import type { Git } from './git.ts';
import { mergeTree } from './merge-tree.ts';
import { fullHash } from './names.ts';
import { pathText } from './path-text.ts';

type Standing = Awaited<ReturnType<Repository['standing']>>;

/** Names of files that are kept in memory; the answers that were asked for longest ago are forgotten first. */
const KEPT_PATHS = 100_000;

/** Says how heads stand with main. Two commits never change, so an answer holds for good. */
export function createStandings(git: Git, commits: Commits): Pick<Repository, 'standing'> {
  const known = new Map<string, { asked: Promise<Standing>; paths: number }>();
  let paths = 0;

  const find = async (main: string, head: string): Promise<Standing> => {
    const base = await commits.mergeBase(main, head);
    const [behind, merged, changed] = await Promise.all([
      commits.count(main, head),
      mergeTree(git, commits, main, head),
      base === undefined ? commits.listFiles(head) : commits.changedPaths(base, head).then((paths) => paths.map(pathText)),
    ]);
    return { behind, conflicts: merged.end === 'conflict' ? merged.paths : [], files: changed };
  };

  const forget = (key: string) => {
    paths -= known.get(key)?.paths ?? 0;
    known.delete(key);
  };

  const count = (key: string, { conflicts, files }: Standing) => {
    const entry = known.get(key);
    if (entry === undefined) return;
    const own = 1 + conflicts.length + files.length;
    paths += own - entry.paths;
    entry.paths = own;
    for (const oldest of known.keys()) {
      if (paths <= KEPT_PATHS) break;
      forget(oldest);
    }
  };

  return {
    async standing(main, head) {
      const key = `${fullHash(main)} ${fullHash(head)}`;
      const found = known.get(key);
      if (found !== undefined) {
        // Last in the order of the map: asked for just now.
        known.delete(key);
        known.set(key, found);
        return found.asked;
      }
      const asked = find(main, head);
      known.set(key, { asked, paths: 0 });
      asked.then(
        (standing) => count(key, standing),
        () => forget(key),
      );
      return asked;
    },
  };
}
