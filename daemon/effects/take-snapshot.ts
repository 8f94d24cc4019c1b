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
    if (snapshot.end === 'committed') {
      const forbidden = await forbiddenPaths(parts, run, snapshot.commit);
      if (forbidden !== undefined) context.finish({ type: 'report_failed', reason: 'PATH_NOT_ALLOWED', detail: forbidden });
      else context.finish({ type: 'report_snapshot', fence: run.fence!, commit: snapshot.commit, tree: snapshot.tree });
    } else if (snapshot.end === 'empty') context.finish({ type: 'report_failed', reason: 'NO_CHANGES', detail: run.answer!.summary });
    else {
      const detail = snapshot.problems.map(({ path, why }) => `${path}: ${why}`).join('; ');
      context.finish({ type: 'report_failed', reason: 'SNAPSHOT_INCOMPLETE', detail });
    }
    return 'done';
  };
