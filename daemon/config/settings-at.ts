import type { Repository } from '../ports.ts';
import { load } from './load.ts';
import { Settings } from './settings.ts';

/** Name of the settings file in the repository. */
const SETTINGS_FILE = 'codex-builder.jsonc';

export type SettingsOutcome = { ok: true; settings: Settings } | { ok: false; problems: readonly string[]; isMissing?: true };

/** Reads the app's settings as they stand at a commit; parsed once per commit. */
export function createSettingsAt(repository: Pick<Repository, 'readFile'>): (commit: string) => Promise<SettingsOutcome> {
  const parsed = new Map<string, SettingsOutcome>();
  return async (commit) => {
    const known = parsed.get(commit);
    if (known !== undefined) return known;
    const text = await repository.readFile(commit, SETTINGS_FILE);
    const loaded = text === undefined ? undefined : load(text, Settings);
    const outcome: SettingsOutcome =
      loaded === undefined
        ? { ok: false, problems: [`There is no ${SETTINGS_FILE} on main.`], isMissing: true }
        : loaded.ok
          ? { ok: true, settings: loaded.value }
          : { ok: false, problems: loaded.problems.map((problem) => `${SETTINGS_FILE} ${problem}`) };
    if (parsed.size > 200) parsed.clear();
    parsed.set(commit, outcome);
    return outcome;
  };
}
