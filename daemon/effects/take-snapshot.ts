import { IDENTITY } from './identity.ts';
import type { Parts, RunHandler } from './parts.ts';

/** Commits what the agent left on top of the base: complete, refused, or nothing to commit. */
export const takeSnapshot =
  ({ repository, sandbox, queries }: Parts): RunHandler =>
  async (run, context) => {
    const survivors = await sandbox.sweep(`${run.id}/attempt`);
    if (survivors.length > 0) throw new Error(`the agent left processes that could not be ended: ${survivors.join(', ')}`);
    const trailers = [
      `Codex-Run: ${run.id}`,
      ...(run.threadId === undefined ? [] : [`Codex-Thread: ${run.threadId}`]),
      `Requested-by: ${run.author}`,
    ];
    const snapshot = await repository.snapshot({
      folder: run.worktree!,
      base: run.baseCommit!,
      branch: run.branch,
      message: `${run.title}\n\n${run.answer!.summary}\n\n${trailers.join('\n')}\n`,
      // The fact that ended the attempt is the newest, so a repeat makes the same commit.
      identity: { ...IDENTITY, at: queries.find(run.id)!.updatedAt },
      signal: context.signal,
    });
    if (snapshot.end === 'committed')
      context.finish({ type: 'report_snapshot', fence: run.fence!, commit: snapshot.commit, tree: snapshot.tree });
    else if (snapshot.end === 'empty') context.finish({ type: 'report_failed', reason: 'NO_CHANGES', detail: run.answer!.summary });
    else {
      const detail = snapshot.problems.map(({ path, why }) => `${path}: ${why}`).join('; ');
      context.finish({ type: 'report_failed', reason: 'SNAPSHOT_INCOMPLETE', detail });
    }
    return 'done';
  };
