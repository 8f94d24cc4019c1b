import type { Standing } from '../run.ts';

/** How the run stands with today's main, in a few words. */
export function standingWords({ behind, merges }: Pick<Standing, 'behind' | 'merges'>): string {
  const commits = `${behind} ${behind === 1 ? 'commit' : 'commits'} behind main`;
  if (merges === 'conflicts') return `Conflicts with main${behind > 0 ? `, ${commits}` : ''}`;
  return behind === 0 ? 'Up to date with main' : `${commits}, merges cleanly`;
}
