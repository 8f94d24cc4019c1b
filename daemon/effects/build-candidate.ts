import { IDENTITY } from './identity.ts';
import { mainInStep } from './main-in-step.ts';
import type { Parts, RunHandler } from './parts.ts';

/** Merges the approved head into main as it is now, touching no checkout. */
export const buildCandidate =
  (parts: Parts): RunHandler =>
  async (run, context) => {
    const { repository } = parts;
    const synced = await mainInStep(parts, context);
    if (synced === undefined) return 'wait';
    if (!(await repository.isAncestor(run.baseCommit!, synced.main))) {
      context.finish({
        type: 'report_failed',
        reason: 'MERGE_CONFLICT',
        detail: 'main was rewritten in your repository after this run began, and what it was built on is no longer part of it.',
      });
      return 'done';
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
