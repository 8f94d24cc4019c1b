import type { Standing } from '#shared/run.ts';
import type { Run } from '../../core/run.ts';
import { isTerminal } from '../../core/run-machine.ts';
import type { DoorParts } from './parts.ts';

/** How a run that is not over stands with main and with the runs beside it; undefined before it has a commit. */
export async function standingOf(
  { repository, queries }: Pick<DoorParts, 'repository' | 'queries'>,
  run: Run,
): Promise<Standing | undefined> {
  if (run.headCommit === undefined || isTerminal(run.state) || run.state === 'deploying') return undefined;
  const main = await repository.head('refs/heads/main');
  if (main === undefined) return undefined;
  const own = await repository.standing(main, run.headCommit);
  const files = new Set(own.files);
  const shares: Standing['shares'] = [];
  for (const other of queries.unfinished()) {
    if (other.id === run.id || other.headCommit === undefined) continue;
    const shared = (await repository.standing(main, other.headCommit)).files.filter((path) => files.has(path));
    if (shared.length > 0) shares.push({ runId: other.id, title: other.title, files: shared });
  }
  return { behind: own.behind, merges: own.conflicts.length === 0 ? 'clean' : 'conflicts', conflicts: [...own.conflicts], shares };
}
