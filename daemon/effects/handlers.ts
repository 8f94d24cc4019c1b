import { applyPatch } from './apply-patch.ts';
import { archiveBranch } from './archive-branch.ts';
import { assembleReview } from './assemble-review.ts';
import { buildCandidate } from './build-candidate.ts';
import { deployRelease, deployRun } from './deploy.ts';
import { followUpstream } from './follow-upstream.ts';
import { land } from './land.ts';
import { leaseSlot } from './lease-slot.ts';
import type { Parts } from './parts.ts';
import { prepareWorktree } from './prepare-worktree.ts';
import { releaseSlot } from './release-slot.ts';
import { releaseUpstream } from './release-upstream.ts';
import { resetPreviewData } from './reset-preview-data.ts';
import { rollBack } from './roll-back.ts';
import { runAttempt } from './run-attempt.ts';
import { runChecks } from './run-checks.ts';
import { runGate } from './run-gate.ts';
import { startPreview } from './start-preview.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { undoMain } from './undo-main.ts';
import { watchRelease } from './watch-release.ts';
import type { Handlers } from './worker.ts';

/** The hand for each effect. */
export function createHandlers(parts: Parts): Handlers {
  return {
    lease_slot: { run: leaseSlot(parts) },
    prepare_worktree: { run: prepareWorktree(parts) },
    reset_preview_data: { run: resetPreviewData(parts) },
    run_attempt: { run: runAttempt(parts) },
    take_snapshot: { run: takeSnapshot(parts) },
    run_checks: { run: runChecks(parts) },
    start_preview: { run: startPreview(parts) },
    apply_patch: { run: applyPatch(parts) },
    archive_branch: { run: archiveBranch(parts) },
    assemble_review: { run: assembleReview(parts) },
    build_candidate: { run: buildCandidate(parts) },
    run_gate: { run: runGate(parts) },
    land: { run: land(parts) },
    deploy: { run: deployRun(parts), daemon: deployRelease(parts) },
    undo_main: { run: undoMain(parts) },
    roll_back: { daemon: rollBack(parts) },
    release_upstream: { daemon: releaseUpstream(parts) },
    watch_release: { daemon: watchRelease(parts) },
    follow_upstream: { run: followUpstream(parts) },
    release_slot: { run: releaseSlot(parts) },
  };
}
