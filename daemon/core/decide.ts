import { maskedUrl, routeOf } from '#shared/capture.ts';
import type { Circumstances, Refusal, RunCommand } from './commands.ts';
import type { Run } from './run.ts';
import type { RunFact } from './run-events.ts';
import { IDLE_STATES, isTerminal, PREVIEW_STATES } from './run-machine.ts';
import { titleOf } from './title.ts';

export type Decision = { ok: true; facts: readonly RunFact[] } | { ok: false; refusal: Refusal };

const accept = (...facts: RunFact[]): Decision => ({ ok: true, facts });
const refuse = (code: Refusal['code'], message: string, details?: Record<string, unknown>): Decision => ({
  ok: false,
  refusal: { code, message, ...(details === undefined ? {} : { details }) },
});

/** Candidates built before a run gives up on a main that never stands still. */
const MAX_CANDIDATES = 8;

/**
 * Chooses which facts to state, or refuses with a typed reason. Pure. Every
 * guard is here: late reports, moved heads, expired leases, frozen merges,
 * cancel against merge.
 */
export function decide(run: Run | undefined, command: RunCommand, actor: string, around: Circumstances): Decision {
  if (command.type === 'request_run') return decideRequest(run, command, actor, around);
  if (run === undefined) return refuse('not_found', 'There is no such run.');
  const wrongState = (may: string): Decision => refuse('wrong_state', `This run is ${run.state}; ${may}.`, { state: run.state });
  if (command.type !== 'report_lease' && 'fence' in command && command.fence !== undefined && command.fence !== run.fence) {
    return refuse('lease_lost', `This report belongs to lease ${command.fence}; the run holds ${run.fence ?? 'none'}.`);
  }
  if ('attempt' in command && command.type !== 'report_attempt_started' && command.attempt !== run.attempt) {
    return refuse('stale', `This report belongs to attempt ${command.attempt}; the run is at ${run.attempt}.`);
  }

  switch (command.type) {
    case 'cancel_run':
      if (isTerminal(run.state)) return wrongState('it has already ended');
      if (run.state === 'deploying' || run.landing) return wrongState('main has moved, so use rollback instead');
      return accept({ type: 'run.canceled', reason: 'CANCELED_BY_USER', detail: `by ${actor}` });
    case 'approve_run':
      return decideApproval(run, command, actor, around);
    case 'reject_run':
      if (run.state !== 'needs_approval') return wrongState('only a run that waits for approval can be rejected');
      return accept({ type: 'run.rejected', reason: 'REJECTED', text: command.reason });

    case 'report_waiting':
      if (run.state !== 'queued' && run.state !== 'approved' && run.state !== 'merging' && run.state !== 'editing')
        return wrongState('it does not wait');
      if (run.reason?.code === command.reason) return accept();
      return accept({ type: 'run.waiting', reason: command.reason });
    case 'report_lease':
      if (run.state !== 'queued') return wrongState('only a queued run takes a slot');
      return accept({ type: 'slot.leased', slot: command.slot, fence: command.fence, expiresAt: command.expiresAt });
    case 'report_worktree':
      if (run.state !== 'planning') return wrongState('it is not being planned');
      return accept({ type: 'worktree.prepared', baseCommit: command.baseCommit, worktree: command.worktree, brief: command.brief });
    case 'report_data':
      if (run.state !== 'planning') return wrongState('it is not being planned');
      if (run.baseCommit === undefined) return refuse('stale', 'its worktree is not prepared yet');
      return accept({ type: 'data.reset', seedVersion: command.seedVersion, kind: command.kind });
    case 'report_attempt_started':
      if (run.state !== 'editing') return wrongState('it is not being edited');
      if (command.attempt !== run.attempt + 1) return refuse('stale', `attempt ${command.attempt} does not follow ${run.attempt}`);
      return accept({ type: 'attempt.started', attempt: command.attempt });
    case 'report_thread':
      if (run.state !== 'editing') return wrongState('it is not being edited');
      return accept({ type: 'attempt.threaded', attempt: command.attempt, threadId: command.threadId });
    case 'report_attempt_interrupted':
      if (run.state !== 'editing') return wrongState('it is not being edited');
      return accept({ type: 'attempt.interrupted', attempt: command.attempt });
    case 'report_answer': {
      if (run.state !== 'editing') return wrongState('it is not being edited');
      const { type: _type, fence: _fence, ...ended } = command;
      return accept({ type: 'attempt.ended', ...ended });
    }
    case 'report_snapshot':
      if (run.state !== 'editing') return wrongState('it is not being edited');
      if (run.answer === undefined) return refuse('stale', 'the agent has not ended its work yet');
      return accept({ type: 'snapshot.committed', commit: command.commit, tree: command.tree });
    case 'report_check_started': {
      if (run.state !== (command.stage === 'gate' ? 'merging' : 'testing')) return wrongState('its checks are over');
      const { type: _type, ...started } = command;
      return accept({ type: 'check.started', ...started });
    }
    case 'report_check_ended': {
      if (run.state !== (command.stage === 'gate' ? 'merging' : 'testing')) return wrongState('its checks are over');
      const { type: _type, ...ended } = command;
      return accept({ type: 'check.ended', ...ended });
    }
    case 'report_checks_passed':
      if (run.state !== 'testing') return wrongState('its checks are over');
      if (command.commit !== run.headCommit) return refuse('stale', 'these checks ran on another commit');
      return accept({ type: 'checks.passed' });
    case 'report_migration':
      if (run.state !== 'testing') return wrongState('it is not being tested');
      return accept({ type: 'data.migrated', migration: command.migration });
    case 'report_preview_started':
      if (!PREVIEW_STATES.includes(run.state)) return wrongState('it has no preview');
      return accept({ type: 'preview.started', url: command.url, commit: command.commit });
    case 'report_preview_ended':
      if (!PREVIEW_STATES.includes(run.state)) return wrongState('it has no preview');
      return accept({ type: 'preview.ended', detail: command.detail });
    case 'report_preview_ready':
      if (run.state !== 'testing') return wrongState('it is not being tested');
      if (command.commit !== run.headCommit || run.checksPassed !== true)
        return refuse('stale', 'the checks of this commit have not all passed');
      return accept({ type: 'preview.ready' });
    case 'report_review': {
      if (run.state !== 'preview_ready') return wrongState('it is not ready for review');
      const { type: _type, fence: _fence, ...review } = command;
      return accept({ type: 'review.assembled', ...review });
    }

    case 'report_merge_started':
      if (run.state === 'merging') return accept();
      if (run.state !== 'approved') return wrongState('it is not approved');
      if (around.freeze) return refuse('frozen', 'Merging is frozen.');
      return accept({ type: 'merge.started' });
    case 'report_candidate': {
      if (run.state !== 'merging' || run.landing) return wrongState('it is not being merged');
      if (run.candidates >= MAX_CANDIDATES) {
        return accept({
          type: 'run.failed',
          reason: 'GATE_FAILED',
          detail: `main moved ${MAX_CANDIDATES} times while the merge was being checked`,
        });
      }
      const { type: _type, ...candidate } = command;
      return accept({ type: 'candidate.built', ...candidate });
    }
    case 'report_superseded':
      if (run.state !== 'merging') return wrongState('it is not being merged');
      return accept({ type: 'candidate.superseded', main: command.main });
    case 'report_gate_passed':
      if (run.state !== 'merging' || run.candidate?.id !== command.candidateId) return wrongState('this candidate is no longer its own');
      if (command.verdictHash !== run.approval?.verdictHash) {
        const { policy, verdictHash, migrations } = command;
        return accept({ type: 'approval.voided', policy, verdictHash, migrations, reason: 'APPROVAL_VOID' });
      }
      return accept({ type: 'gate.passed' });
    case 'report_landing':
      if (run.state !== 'merging' || run.candidate?.id !== command.candidateId || !run.candidate.gatePassed) {
        return wrongState('this candidate has not passed its gate');
      }
      if (run.landing) return accept();
      if (around.freeze) return refuse('frozen', 'Merging is frozen.');
      return accept({ type: 'landing.started', releaseId: command.releaseId });
    case 'report_landed':
      if (run.state !== 'merging' || !run.landing || run.candidate?.id !== command.candidateId) return wrongState('it was not landing');
      return accept({ type: 'main.moved', commit: run.candidate.commit, releaseId: command.releaseId });
    case 'report_upstream':
      if (run.state !== 'deploying' && run.state !== 'merged' && run.state !== 'failed') return wrongState('main has not moved for it');
      return accept({
        type: 'upstream.followed',
        state: command.state,
        ...(command.detail === undefined ? {} : { detail: command.detail }),
      });
    case 'report_live':
      if (run.state !== 'deploying' || run.releaseId !== command.releaseId || run.release !== undefined)
        return wrongState('it is not being deployed');
      return accept({ type: 'run.merged', releaseId: command.releaseId });
    case 'report_release_failed': {
      if (run.state !== 'deploying' || run.releaseId !== command.releaseId) return wrongState('it is not being deployed');
      if (run.release !== undefined) return accept();
      const { type: _type, ...failed } = command;
      return accept({ type: 'release.failed', ...failed });
    }
    case 'report_undone': {
      if (run.state !== 'deploying' || run.release === undefined) return wrongState('nothing of it is to be undone');
      const { reason, detail } = run.release.failed;
      const left = command.outcome === 'conflict' ? ' main could not be put back automatically: merging is frozen.' : '';
      return accept(
        { type: 'main.undone', outcome: command.outcome, ...(command.commit === undefined ? {} : { commit: command.commit }) },
        { type: 'run.failed', reason: reason === 'DEPLOY_FAILED' ? 'DEPLOY_FAILED' : 'DEPLOY_UNHEALTHY', detail: detail + left },
      );
    }

    case 'report_failed':
      if (isTerminal(run.state)) return wrongState('it has already ended');
      // While main moves or has moved, only who knows what became of it may end the run.
      if ((run.landing || run.state === 'deploying') && command.reason !== 'BRANCH_MOVED' && command.reason !== 'DEPLOY_UNKNOWN') {
        return wrongState('main may have moved for it');
      }
      return accept({ type: 'run.failed', reason: command.reason, detail: command.detail });
    case 'report_expired':
      if (!IDLE_STATES.includes(run.state)) return wrongState('it is not idle');
      return accept({ type: 'run.expired', reason: command.reason });
    case 'report_slot_released':
      if (!isTerminal(run.state)) return wrongState('it still works');
      return accept({ type: 'slot.released', slot: command.slot });
  }
}

function decideRequest(
  run: Run | undefined,
  command: Extract<RunCommand, { type: 'request_run' }>,
  actor: string,
  around: Circumstances,
): Decision {
  if (run !== undefined) return refuse('wrong_state', 'This run exists already.');
  if (around.queued >= around.queueLimit) {
    return refuse('queue_full', `${around.queued} requests are waiting already. Try again when some have started.`, {
      queued: around.queued,
    });
  }
  const { prompt, context, priority, agent } = command.request;
  const route = context === undefined ? undefined : routeOf(context.url);
  const note = context?.elements?.[0]?.note;
  return accept({
    type: 'run.requested',
    title: titleOf(prompt),
    prompt,
    author: actor,
    priority: priority ?? 'normal',
    demo: command.demo,
    ...(route === undefined ? {} : { route }),
    ...(note === undefined ? {} : { elementNote: note }),
    ...(context === undefined ? {} : { context: { ...context, url: maskedUrl(context.url) } }),
    ...(agent === undefined ? {} : { agent }),
  });
}

function decideApproval(run: Run, command: Extract<RunCommand, { type: 'approve_run' }>, actor: string, around: Circumstances): Decision {
  if (run.state !== 'needs_approval') {
    return refuse('wrong_state', `This run is ${run.state}; only a run that waits for approval can be approved.`, { state: run.state });
  }
  const { review, headCommit, baseCommit, headTree } = run;
  if (review === undefined || headCommit === undefined || baseCommit === undefined || headTree === undefined) {
    throw new Error(`run ${run.id} waits for approval without a review`);
  }
  if (command.headCommit !== headCommit) {
    return refuse('stale', 'The change has moved on since it was shown. Look at what changed and decide again.', { headCommit });
  }
  if (around.lease === undefined || around.lease.fence !== run.fence || around.lease.expiresAt <= around.now) {
    return refuse('lease_lost', 'The preview slot was given up, so what you saw may not be what runs now. Retry the run.');
  }
  if (around.freeze) return refuse('frozen', 'Merging is frozen. An admin lifts the freeze in the settings.');
  if (review.policy.verdict === 'blocked') {
    const why = review.policy.reasons.filter((reason) => reason.severity === 'block').map((reason) => reason.message);
    return refuse('blocked', `This change cannot be approved: ${why.join(' ')}`, { reasons: review.policy.reasons });
  }
  if (review.hasMigrations && command.confirm?.migrations !== true) {
    return refuse('confirm_required', 'This change has a database migration. Confirm that you have read it.', { confirm: 'migrations' });
  }
  return accept({
    type: 'run.approved',
    headCommit,
    baseCommit,
    tree: headTree,
    verdictHash: review.verdictHash,
    selfApproved: actor === run.author,
  });
}
