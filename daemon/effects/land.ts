import { mainInStep } from './main-in-step.ts';
import type { Parts, RunHandler } from './parts.ts';

/**
 * Moves main to the candidate. The ledger says first that it may be moving, so
 * that a cancel or a freeze is either before it or too late; git's own compare-and-swap decides.
 */
export const land =
  (parts: Parts): RunHandler =>
  async (run, context) => {
    const { repository, ids } = parts;
    const candidate = run.candidate!;
    const releaseId = run.landing ? run.releaseId! : ids.next('rel');
    if (!run.landing && (await mainInStep(parts, context)) === undefined) return 'wait';
    const begun = context.tryReport({ type: 'report_landing', candidateId: candidate.id, releaseId });
    if (!begun.ok) {
      if (begun.refusal.code !== 'frozen') return 'done';
      context.tryReport({ type: 'report_waiting', reason: 'FROZEN' });
      return 'wait';
    }
    const landed = await repository.land({
      runId: run.id,
      head: run.approval!.headCommit,
      from: candidate.base,
      candidate: candidate.commit,
      releaseId,
    });
    switch (landed.end) {
      case 'landed':
        context.finish({ type: 'report_landed', candidateId: candidate.id, releaseId });
        await repository.deleteCandidate(candidate.id);
        break;
      case 'main_moved':
        context.finish({ type: 'report_superseded', main: landed.main });
        break;
      case 'branch_moved':
        context.finish({
          type: 'report_failed',
          reason: 'BRANCH_MOVED',
          detail: `${run.branch} is at ${landed.head}, approved was ${run.approval!.headCommit}.`,
        });
    }
    return 'done';
  };
