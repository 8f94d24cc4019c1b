import { hasPathRules, notAllowedWords, pathsNotAllowed } from '../core/allowed-paths.ts';
import type { Parts } from './parts.ts';

/** What to say of a change from `base` to `commit` that touches paths that no change may touch, by the rules at `base`; undefined when it does not. */
export async function forbiddenPaths(
  { repository, settingsAt }: Pick<Parts, 'repository' | 'settingsAt'>,
  base: string,
  commit: string,
): Promise<string | undefined> {
  const at = await settingsAt(base);
  if (!at.ok) throw new Error('the settings of the base were valid a moment ago');
  const { paths } = at.settings.policy;
  if (!hasPathRules(paths)) return undefined;
  const forbidden = pathsNotAllowed(await repository.diff(base, commit), paths);
  return forbidden.length === 0 ? undefined : notAllowedWords(forbidden);
}
