import type { FileDiff } from '#shared/review.ts';

const KINDS: Readonly<Record<string, string>> = { '100644': 'plain file', '120000': 'symbolic link', '160000': 'submodule' };

/** What kind of file it is or became, where that is not a plain one. A file that stays executable is nothing to say. */
export function modeWords({ oldMode, newMode }: Pick<FileDiff, 'oldMode' | 'newMode'>): string | undefined {
  if (oldMode === newMode) return oldMode === '100755' ? undefined : KINDS[oldMode ?? ''];
  if (newMode === '100755') return oldMode === undefined ? 'executable' : 'made executable';
  if (oldMode === '100755' && newMode === '100644') return 'no longer executable';
  const kind = KINDS[newMode ?? oldMode ?? ''];
  return kind !== undefined && oldMode !== undefined && newMode !== undefined ? `now a ${kind}` : kind;
}
