import type { FileDiff } from '#shared/review.ts';
import { globMatches, globMatchesExactly } from './glob.ts';

/** Which paths a change may touch, as globs. Without `allow` all of them but those of `deny`. */
export interface PathSettings {
  allow?: readonly string[] | undefined;
  deny: readonly string[];
}

/** Whether there is anything to judge. */
export const hasPathRules = ({ allow, deny }: PathSettings): boolean => allow !== undefined || deny.length > 0;

/**
 * Paths of a change that it may not touch; both names of a rename count. What is denied is denied in every spelling, what is
 * allowed only to the letter: on disk another spelling is another file. A name that could be read as another path is never allowed.
 */
export function pathsNotAllowed(files: readonly FileDiff[], settings: PathSettings): readonly string[] {
  if (!hasPathRules(settings)) return [];
  const { allow, deny } = settings;
  const touched = files.flatMap(({ path, oldPath }) => (oldPath === undefined ? [path] : [oldPath, path]));
  return [...new Set(touched)].filter(
    (path) =>
      !isPlain(path) ||
      deny.some((glob) => globMatches(glob, path)) ||
      (allow !== undefined && !allow.some((glob) => globMatchesExactly(glob, path))),
  );
}

/** What is said of them when a run ends for it. */
export function notAllowedWords(paths: readonly string[]): string {
  const shown = paths.slice(0, 20).join(', ');
  const more = paths.length > 20 ? ` and ${paths.length - 20} more` : '';
  return `The change touches what it may not: ${shown}${more}. The globs are policy.paths in codex-builder.jsonc on main.`;
}

/** A path from the root of the repository in which every character stands for itself. */
function isPlain(path: string): boolean {
  return !/[\0\\]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
