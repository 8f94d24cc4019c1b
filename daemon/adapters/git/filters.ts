import { join } from 'node:path';
import type { Commits } from './commits.ts';
import { textOf } from './folders.ts';
import type { Git } from './git.ts';
import type { LocalUpstream } from './upstream-repository.ts';

/**
 * Filters of a checkout (LFS and the like) are never run by the daemon, so a checkout that needs one
 * would get the wrong bytes; it is left to its owner. Answers the reason.
 */
export async function usesFilters(commits: Commits, local: LocalUpstream, tips: readonly string[]): Promise<string | undefined> {
  const why = 'its files go through git filters (for example LFS), which Codex Builder does not run: update it with git yourself';
  if (/\bfilter=/.test((await textOf(join(local.commonDir, 'info', 'attributes'))) ?? '')) return why;
  for (const tip of tips) {
    for (const path of await commits.listFiles(tip)) {
      if (!/(^|\/)\.gitattributes$/.test(path)) continue;
      if (/\bfilter=/.test((await commits.readFile(tip, path)) ?? '')) return why;
    }
  }
  return undefined;
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
