import { hasPathRules, notAllowedWords, pathsNotAllowed } from '../core/allowed-paths.ts';
import type { Run } from '../core/run.ts';
import type { Parts } from './parts.ts';

/** What to say of a commit that touches paths that no change may touch, as main at the run's base has it; undefined when it does not. */
export async function forbiddenPaths(
  { repository, settingsAt }: Pick<Parts, 'repository' | 'settingsAt'>,
  run: Run,
  commit: string,
): Promise<string | undefined> {
  const at = await settingsAt(run.baseCommit!);
  if (!at.ok) throw new Error('the settings of the base were valid a moment ago');
  const { paths } = at.settings.policy;
  if (!hasPathRules(paths)) return undefined;
  const forbidden = pathsNotAllowed(await repository.diff(run.baseCommit!, commit), paths);
  return forbidden.length === 0 ? undefined : notAllowedWords(forbidden);
}
