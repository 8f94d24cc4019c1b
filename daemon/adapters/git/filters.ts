import { join } from 'node:path';
import { textOf } from './folders.ts';
import type { Git } from './git.ts';
import { pathText } from './path-text.ts';
import type { LocalUpstream } from './upstream-repository.ts';

/**
 * Filters of a checkout (LFS and the like) are never run by the daemon, so a file that needs one would get the wrong bytes; such a
 * checkout is left to its owner. Whether its own attributes, which no commit shows, name one.
 */
export async function hasOwnFilters(local: LocalUpstream): Promise<boolean> {
  return /\bfilter=/.test((await textOf(join(local.commonDir, 'info', 'attributes'))) ?? '');
}

/** What to say of paths that are filtered and change. `to` is there for the owner to take. */
export function whyFiltered(paths: readonly string[], to: string): string {
  const some = `${paths.slice(0, 3).map(pathText).join(', ')}${paths.length > 3 ? ' …' : ''}`;
  return `${some} go through git filters (for example LFS), which Codex Builder does not run. In the checkout, run: git merge --ff-only ${to}`;
}

/** Settings that make every filter of the repository's own configuration do nothing. */
export async function filterDrivers(git: Git, gitDir: string): Promise<readonly string[]> {
  const { stdout } = await git({
    args: ['config', '-z', '--name-only', '--get-regexp', '^filter\\..*\\.(clean|smudge|process|required)$'],
    gitDir,
  });
  const names = [
    ...new Set(
      stdout
        .toString('utf8')
        .split('\0')
        .filter((name) => name !== ''),
    ),
  ];
  return names.map((name) => `${name}=${name.endsWith('.required') ? 'false' : ''}`);
}
