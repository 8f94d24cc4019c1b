import { IDENTITY } from './identity.ts';
import type { Parts, RunHandler } from './parts.ts';

/** Merges the approved head into main as it is now, touching no checkout. */
export const buildCandidate =
  (parts: Parts): RunHandler =>
  async (run, context) => {
    const { repository, upstream } = parts;
    const synced = await repository.syncFromUpstream(context.signal);
    upstream.state = synced.state;
    if (synced.state === 'diverged') {
      context.tryReport({ type: 'report_waiting', reason: 'MAIN_DIVERGED' });
      return 'wait';
    }
    const begun = context.tryReport({ type: 'report_merge_started' });
    if (!begun.ok) {
      if (begun.refusal.code !== 'frozen') return 'done';
      context.tryReport({ type: 'report_waiting', reason: 'FROZEN' });
      return 'wait';
    }
    const candidateId = `${run.id}-${begun.run.candidates + 1}`;
    const approval = run.approval!;
    const built = await repository.buildCandidate({
      candidateId,
      runId: run.id,
      main: synced.main,
      head: approval.headCommit,
      message: `Merge: ${run.title}\n\nCodex-Run: ${run.id}\nRequested-by: ${run.author}\nApproved-by: ${approval.actor}\n`,
      identity: { ...IDENTITY, at: approval.at },
    });
    switch (built.end) {
      case 'built':
        context.finish({ type: 'report_candidate', candidateId, commit: built.commit, tree: built.tree, base: built.base });
        break;
      case 'conflict':
        context.finish({ type: 'report_failed', reason: 'MERGE_CONFLICT', detail: `Conflicts in ${built.paths.join(', ')}.` });
        break;
      case 'already_merged':
        context.finish({ type: 'report_failed', reason: 'NO_CHANGES', detail: 'main contains this change already.' });
        break;
      case 'extra_files':
        context.finish({
          type: 'report_failed',
          reason: 'GATE_FAILED',
          detail: `The merge would change files that were not approved: ${built.paths.join(', ')}.`,
        });
    }
    return 'done';
  };
