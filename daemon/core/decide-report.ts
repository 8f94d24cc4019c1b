import type { RunState } from '#shared/run.ts';
import type { Circumstances, ReportCommand } from './commands.ts';
import { accept, type Decision, refuse } from './decision.ts';
import { type Run, roadOf } from './run.ts';
import type { RunFact } from './run-events.ts';
import { isIdle, isTerminal, PREVIEW_STATES } from './run-machine.ts';

/** Candidates built before a run gives up on a main that never stands still. */
const MAX_CANDIDATES = 8;

const MAY_WAIT: readonly RunState[] = ['queued', 'planning', 'editing', 'approved', 'merging'];

/** What follows from what an effect saw. A report that comes too late, or for another lease or attempt, is refused. */
export function decideReport(run: Run, command: ReportCommand, around: Circumstances): Decision {
  const wrongState = (may: string): Decision => refuse('wrong_state', `This run is ${run.state}; ${may}.`, { state: run.state });
  if (command.type !== 'report_lease' && 'fence' in command && command.fence !== undefined && command.fence !== run.fence) {
    return refuse('lease_lost', `This report belongs to lease ${command.fence}; the run holds ${run.fence ?? 'none'}.`);
  }
  if ('attempt' in command && command.type !== 'report_attempt_started' && command.attempt !== run.attempt) {
    return refuse('stale', `This report belongs to attempt ${command.attempt}; the run is at ${run.attempt}.`);
  }

  switch (command.type) {
    case 'report_waiting':
      if (!MAY_WAIT.includes(run.state)) return wrongState('it does not wait');
      if (run.reason?.code === command.reason) return accept();
      return accept({ type: 'run.waiting', reason: command.reason });
    case 'report_lease':
      if (run.state !== 'queued') return wrongState('only a queued run takes a slot');
      return accept({ type: 'slot.leased', slot: command.slot, fence: command.fence, expiresAt: command.expiresAt });
    case 'report_worktree':
      if (run.state !== 'planning') return wrongState('it is not being planned');
      return accept(factOf('worktree.prepared', command));
    case 'report_data':
      if (run.state !== 'planning') return wrongState('it is not being planned');
      if (run.baseCommit === undefined || run.seed !== undefined) return refuse('stale', 'its data is not what it waits for');
      return accept({ type: 'data.reset', seedVersion: command.seedVersion, kind: command.kind }, afterReset(run));
    case 'report_attempt_started':
      if (!isWorked(run)) return wrongState('it is not being edited');
      if (command.attempt !== run.attempt + 1) return refuse('stale', `attempt ${command.attempt} does not follow ${run.attempt}`);
      return accept({ type: 'attempt.started', attempt: command.attempt });
    case 'report_thread':
      if (!isWorked(run)) return wrongState('it is not being edited');
      return accept({ type: 'attempt.threaded', attempt: command.attempt, threadId: command.threadId });
    case 'report_attempt_interrupted':
      if (!isWorked(run)) return wrongState('it is not being edited');
      return accept({ type: 'attempt.interrupted', attempt: command.attempt });
    case 'report_answer':
      return decideAnswer(run, command);
    case 'report_snapshot':
      if (run.state === 'planning' && run.proposal?.applied === true) {
        if (command.commit !== run.proposal.commit) return refuse('stale', 'this is not the patch that was applied');
      } else if (run.state !== 'editing') return wrongState('it is not being edited');
      if (run.answer === undefined) return refuse('stale', 'the agent has not ended its work yet');
      return accept({ type: 'snapshot.committed', commit: command.commit, tree: command.tree });
    case 'report_check_started':
      if (run.state !== (command.stage === 'gate' ? 'merging' : 'testing')) return wrongState('its checks are over');
      return accept(factOf('check.started', command));
    case 'report_check_ended':
      if (run.state !== (command.stage === 'gate' ? 'merging' : 'testing')) return wrongState('its checks are over');
      return accept(factOf('check.ended', command));
    case 'report_checks_passed':
      if (run.state !== 'testing') return wrongState('its checks are over');
      if (command.commit !== run.headCommit) return refuse('stale', 'these checks ran on another commit');
      return accept({ type: 'checks.passed' });
    case 'report_checks_failed':
      if (run.state !== 'testing') return wrongState('its checks are over');
      if (command.commit !== run.headCommit) return refuse('stale', 'these checks ran on another commit');
      // A commit that no agent made in this run has nobody to repair it.
      if (run.repairs >= command.repairs || roadOf(run) !== 'agent') {
        return accept({ type: 'run.failed', reason: 'CHECK_FAILED', detail: command.detail });
      }
      return accept({ type: 'repair.began', repair: run.repairs + 1, detail: command.detail, logs: command.logs });
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
      if (!isIdle(run)) return wrongState('it is not idle');
      return accept({ type: 'run.expired', reason: command.reason });
    case 'report_slot_released':
      if (!isTerminal(run.state)) return wrongState('it still works');
      return accept({ type: 'slot.released', slot: command.slot });
  }
}

/** Codex is at work: it edits, or in safe mode it reads and has not proposed yet. */
function isWorked(run: Run): boolean {
  return (
    run.state === 'editing' || (run.state === 'planning' && run.safeMode === true && run.seed !== undefined && run.proposal === undefined)
  );
}

/** Where the run goes once its slot is ready. */
function afterReset(run: Run): RunFact {
  switch (roadOf(run)) {
    case 'agent':
      return { type: 'editing.began' };
    case 'patch':
      return { type: 'proposal.began' };
    case 'commit':
      return { type: 'snapshot.committed', commit: run.startCommit!, tree: run.startTree! };
  }
}

/** A turn that answered: the last one, unless a person has said something meanwhile that the next turn is owed. */
function decideAnswer(run: Run, command: Extract<ReportCommand, { type: 'report_answer' }>): Decision {
  if (!isWorked(run)) return refuse('wrong_state', `This run is ${run.state}; it is not being edited.`, { state: run.state });
  const { type: _type, fence: _fence, answer, proposal, ...ended } = command;
  if (run.messages.some((message) => message.attempt === undefined)) return accept({ type: 'attempt.continued', ...ended });
  if (run.state !== 'planning') return accept({ type: 'attempt.ended', answer, ...ended });
  if (proposal === undefined) throw new Error(`run ${run.id} ended its turn in safe mode without a proposal`);
  return accept({ type: 'patch.proposed', answer, ...ended, ...proposal, reason: 'PATCH_PROPOSED' });
}

/** A fact that says just what the report said, without whose report it was. */
function factOf<T extends RunFact['type'], C extends ReportCommand>(
  type: T,
  { type: _type, fence: _fence, ...rest }: C & { fence?: number },
): Extract<RunFact, { type: T }> {
  return { type, ...rest } as unknown as Extract<RunFact, { type: T }>;
}
