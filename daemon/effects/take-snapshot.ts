import type { Run } from '../core/run.ts';
import { chooseStart } from './choose-start.ts';
import { commitMessage } from './commit-message.ts';
import { forbiddenPaths } from './forbidden-paths.ts';
import { IDENTITY } from './identity.ts';
import type { Parts, RunHandler } from './parts.ts';

/** Commits what the agent left on top of the base: complete, refused, or nothing to commit. */
export const takeSnapshot =
  (parts: Parts): RunHandler =>
  async (run, context) => {
    const { repository, sandbox, queries } = parts;
    const survivors = await sandbox.sweep(`${run.id}/attempt`);
    if (survivors.length > 0) throw new Error(`the agent left processes that could not be ended: ${survivors.join(', ')}`);
    const snapshot = await repository.snapshot({
      folder: run.worktree!,
      base: run.startCommit ?? run.baseCommit!,
      ...(run.parents === undefined ? {} : { parents: run.parents }),
      branch: run.branch,
      message: commitMessage(run, run.answer!),
      // The fact that ended the attempt is the newest, so a repeat makes the same commit.
      identity: { ...IDENTITY, at: queries.find(run.id)!.updatedAt },
      signal: context.signal,
    });
    const work = snapshot.end === 'empty' ? await cleanMerge(parts, run) : snapshot;
    if (work === undefined) context.finish({ type: 'report_failed', reason: 'NO_CHANGES', detail: run.answer!.summary });
    else if (work.end === 'committed') {
      const forbidden = await forbiddenPaths(parts, run.baseCommit!, work.commit);
      if (forbidden !== undefined) context.finish({ type: 'report_failed', reason: 'PATH_NOT_ALLOWED', detail: forbidden });
      else context.finish({ type: 'report_snapshot', fence: run.fence!, commit: work.commit, tree: work.tree });
    } else {
      const detail = work.problems.map(({ path, why }) => `${path}: ${why}`).join('; ');
      context.finish({ type: 'report_failed', reason: 'SNAPSHOT_INCOMPLETE', detail });
    }
    return 'done';
  };

/** The merge a resolving run began with, when nothing in it was left to resolve and it brings something to main: the agent had nothing to do. */
async function cleanMerge({ repository }: Pick<Parts, 'repository'>, run: Run) {
  const [head, main] = run.parents ?? [];
  if (head === undefined || main === undefined || run.startTree === (await repository.treeOf(main))) return undefined;
  const start = await chooseStart({ repository }, run, main);
  if (!start.ok || start.commit !== run.startCommit || start.conflicts?.length !== 0) return undefined;
  return { end: 'committed' as const, commit: start.commit, tree: run.startTree! };
}
