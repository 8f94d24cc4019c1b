import { maskedUrl, routeOf } from '#shared/route.ts';
import type { Relation } from '#shared/run.ts';
import type { Circumstances, Descent, PersonCommand, RunCommand } from './commands.ts';
import { decideReport } from './decide-report.ts';
import { accept, type Decision, refuse } from './decision.ts';
import type { Run } from './run.ts';
import { isIdle, isTerminal } from './run-machine.ts';
import { titleOf } from './title.ts';

/**
 * Chooses which facts to state, or refuses with a typed reason. Pure. Every
 * guard is here and in `decideReport`: late reports, moved heads, expired
 * leases, frozen merges, cancel against merge.
 */
export function decide(run: Run | undefined, command: RunCommand, actor: string, around: Circumstances): Decision {
  if (command.type === 'request_run') return decideRequest(run, command, actor, around);
  if (run === undefined) return refuse('not_found', 'There is no such run.');
  return isReport(command) ? decideReport(run, command, around) : decidePerson(run, command, actor, around);
}

function isReport(command: RunCommand): command is Extract<RunCommand, { type: `report_${string}` }> {
  return command.type.startsWith('report_');
}

function decidePerson(run: Run, command: Exclude<PersonCommand, { type: 'request_run' }>, actor: string, around: Circumstances): Decision {
  const wrongState = (may: string): Decision => refuse('wrong_state', `This run is ${run.state}; ${may}.`, { state: run.state });
  switch (command.type) {
    case 'cancel_run':
      if (isTerminal(run.state)) return wrongState('it has already ended');
      if (run.state === 'deploying' || run.landing) return wrongState('main has moved, so use rollback instead');
      return accept({ type: 'run.canceled', reason: 'CANCELED_BY_USER', detail: `By ${actor}.` });
    case 'approve_run':
      return decideApproval(run, command, actor, around);
    case 'reject_run':
      if (run.state !== 'needs_approval') return wrongState('only a run that waits for approval can be rejected');
      return accept({ type: 'run.rejected', reason: 'REJECTED', text: command.reason });
    case 'apply_run':
      if (run.state !== 'planning' || run.proposal === undefined) return wrongState('there is no proposed patch to apply');
      if (run.proposal.applied) return accept();
      return accept({ type: 'patch.applied', commit: run.proposal.commit });
    case 'send_message':
      if (run.state !== 'editing' || run.answer !== undefined) {
        return wrongState('a message reaches an agent only while it works; ask for a revision instead');
      }
      if (command.attempt !== undefined && command.attempt !== run.attempt) {
        return refuse('stale', `The agent is at attempt ${run.attempt} by now.`, { attempt: run.attempt });
      }
      return accept({ type: 'message.sent', text: command.text });
    case 'archive_run':
      if (!isTerminal(run.state)) return wrongState('only a run that has ended can be archived');
      if (command.archived === (run.archivedAt !== undefined)) return accept();
      return accept({ type: command.archived ? 'run.archived' : 'run.unarchived' });
    case 'replace_run':
      if (!isIdle(run)) return wrongState('only a run that waits for a person gives up its slot');
      return accept({ type: 'run.expired', reason: 'REPLACED' });
    case 'yield_run':
      return decideYield(run, command.to);
  }
}

/** Whether a child of this kind may come from the run, and what becomes of the run itself. */
export function decideYield(run: Run, to: Relation): Decision {
  const wrongState = (may: string): Decision => refuse('wrong_state', `This run is ${run.state}; ${may}.`, { state: run.state });
  const ended = isTerminal(run.state) && run.state !== 'merged';
  switch (to) {
    case 'retry':
      return ended ? accept() : wrongState('only a run that ended without being merged can be retried');
    case 'restore':
      if (!ended) return wrongState('only a run that ended without being merged can be restored');
      if (run.headCommit === undefined)
        return refuse('wrong_state', 'This run has no commit to restore. Retry it instead.', { state: run.state });
      return accept();
    case 'revert':
      if (run.state !== 'merged') return wrongState('only a merged run can be reverted');
      return accept();
    case 'revision':
      if (isIdle(run) && run.state !== 'preview_ready') return accept({ type: 'run.canceled', reason: 'REVISED' });
      // A merged run is revised only once it was reverted; whoever asks has looked.
      if (isTerminal(run.state)) return accept();
      return wrongState('ask for a revision when it waits for you or has ended');
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
  const { prompt, context, priority, agent, files, map, constraints, parentRunId } = command.request;
  const { title, ...descent }: Partial<Descent> = command.descent ?? {};
  const route = context === undefined ? undefined : routeOf(context.url);
  const note = context?.elements?.[0]?.note;
  return accept({
    type: 'run.requested',
    title: title ?? titleOf(prompt),
    prompt,
    author: actor,
    priority: priority ?? 'normal',
    demo: command.demo,
    ...(route === undefined ? {} : { route }),
    ...(note === undefined ? {} : { elementNote: note }),
    ...(context === undefined ? {} : { context: { ...context, url: maskedUrl(context.url) } }),
    ...(agent === undefined ? {} : { agent }),
    ...((command.request.safeMode === true || around.safeMode) && descent.relation !== 'restore' && descent.relation !== 'revert'
      ? { safeMode: true as const }
      : {}),
    ...(files === undefined ? {} : { files }),
    ...(map === undefined ? {} : { map }),
    ...(constraints === undefined ? {} : { constraints }),
    ...(parentRunId === undefined ? {} : { parentRunId }),
    ...descent,
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
