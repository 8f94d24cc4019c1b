import { ERROR_STATUS } from '#shared/errors.ts';
import type { Relation, ReviewComments } from '#shared/run.ts';
import { decideYield } from '../../core/decide.ts';
import { descend } from '../../core/descend.ts';
import type { Run } from '../../core/run.ts';
import { isTerminal } from '../../core/run-machine.ts';
import type { Tx } from '../../store/ledger.ts';
import type { Caller, DoorResult, Handlers } from '../handlers.ts';
import { type DoorParts, mutate, refused } from './parts.ts';

type DescentDoors = 'retryRun' | 'reviseRun' | 'revertRun' | 'restoreRun' | 'replaceSlot' | 'listDrafts' | 'sendDraft' | 'dismissDraft';

/** The doors by which one run comes from another, and by which a run gives its slot away. */
export function descentDoors(parts: DoorParts): Pick<Handlers, DescentDoors> {
  const { queries, leases, drafts, ids, clock, app } = parts;
  const refuse = (code: 'not_found' | 'wrong_state' | 'thread_busy' | 'stale', message: string, details?: Record<string, unknown>) =>
    refused({ code, message, ...(details === undefined ? {} : { details }) }, ERROR_STATUS[code]);

  /** The run that took this one's merge back and was merged itself. */
  const revertOf = (run: Run) => queries.children(run.id).find((child) => child.relation === 'revert' && child.state === 'merged');

  function inTheWay(
    parent: Run,
    relation: Relation,
  ): { code: 'wrong_state' | 'thread_busy'; message: string; details?: Record<string, unknown> } | undefined {
    if (relation === 'revert') {
      const other = queries
        .children(parent.id)
        .find((child) => child.relation === 'revert' && (!isTerminal(child.state) || child.state === 'merged'));
      if (other === undefined) return undefined;
      return {
        code: 'wrong_state',
        message: `This run is ${other.state === 'merged' ? 'reverted' : 'being reverted'} already.`,
        details: { runId: other.id },
      };
    }
    if (relation !== 'revision') return undefined;
    const busy = queries.unfinished().find((run) => run.threadHome === parent.threadHome && run.id !== parent.id);
    if (busy !== undefined) {
      return {
        code: 'thread_busy',
        message: 'A revision of this is going on already. Decide on that one first.',
        details: { runId: busy.id },
      };
    }
    if (parent.state === 'merged' && revertOf(parent) === undefined) {
      return { code: 'wrong_state', message: 'This run is merged. Ask for the next change as a new request, or revert it first.' };
    }
    return undefined;
  }

  function bear(
    relation: Relation,
    parentId: string,
    caller: Caller,
    extra: { comments?: ReviewComments; resolve?: boolean } = {},
  ): DoorResult<'retryRun'> {
    const childId = ids.next('run');
    const result: DoorResult<'retryRun'> = mutate(parts, caller, parentId, { relation, ...extra }, (tx) => {
      const parent = queries.find(parentId);
      if (parent === undefined) return refuse('not_found', 'There is no such run.');
      const problem = inTheWay(parent, relation);
      if (problem !== undefined) return refuse(problem.code, problem.message, problem.details);
      const lease = leases.ofRun(parentId);
      const may = decideYield(parent, relation);
      if (!may.ok) return refused(may.refusal, ERROR_STATUS[may.refusal.code]);
      const context = queries.context(parentId);
      const revert = relation === 'revision' && parent.state === 'merged' ? revertOf(parent)?.mergeCommit : undefined;
      const command = descend({
        parent,
        relation,
        demo: app.demo,
        ...(context === undefined ? {} : { context }),
        ...extra,
        ...(revert === undefined ? {} : { revertedBy: revert }),
      });
      const born = tx.run(childId, command);
      if (!born.ok) return refused(born.refusal, ERROR_STATUS[born.refusal.code]);
      const yielded = tx.run(parentId, { type: 'yield_run', to: relation });
      if (!yielded.ok) throw new Error(`${parentId} could not yield: ${yielded.refusal.message}`);
      // The slot goes on with the thread: it is never free in between.
      if (yielded.facts.length > 0 && lease !== undefined) handOver(tx, childId, lease.slot_id);
      return { status: 202, body: JSON.stringify({ run: queries.view(queries.find(childId)!, caller.actor) }) };
    });
    return result.ok ? { ...result, location: `/api/runs/${result.body.run.id}` } : result;
  }

  function handOver(tx: Tx, runId: string, slot: string): void {
    const leased = tx.run(runId, { type: 'report_lease', slot, fence: leases.nextFence(slot), expiresAt: clock.now() + parts.idleTtlMs });
    if (!leased.ok) throw new Error(`a slot could not pass to ${runId}: ${leased.refusal.message}`);
    tx.hint('slots');
  }

  return {
    retryRun: ({ params }, caller) => bear('retry', params.id, caller),
    revertRun: ({ params }, caller) => bear('revert', params.id, caller),
    restoreRun: ({ params }, caller) => bear('restore', params.id, caller),
    reviseRun: ({ params, body }, caller) => {
      const { resolve, ...comments } = body;
      if (resolve !== true && comments.comments.length === 0 && (comments.text ?? '') === '') {
        return { ok: false, code: 'bad_request', message: 'Say what should change: a comment, or words.' };
      }
      return bear('revision', params.id, caller, { comments, ...(resolve === undefined ? {} : { resolve }) });
    },

    replaceSlot: ({ params, body }, caller): DoorResult<'replaceSlot'> =>
      mutate(parts, caller, params.id, body, (tx) => {
        const held = leases.active().filter((lease) => params.id === 'oldest-idle' || lease.slot_id === params.id);
        if (held.length === 0) return refuse('wrong_state', 'This slot is not taken.');
        let last: ReturnType<typeof refused> | undefined;
        for (const lease of [...held].sort((a, b) => a.active_at - b.active_at)) {
          if (body.runId !== undefined && body.runId !== lease.run_id) {
            last = refuse('stale', 'Another run is in this slot by now.', { runId: lease.run_id });
            continue;
          }
          const replaced = tx.run(lease.run_id, { type: 'replace_run' });
          if (replaced.ok) {
            tx.hint('slots');
            return { status: 202, body: JSON.stringify({ run: queries.view(replaced.run, caller.actor) }) };
          }
          last = refused(replaced.refusal, ERROR_STATUS[replaced.refusal.code]);
        }
        return last!;
      }),

    listDrafts: ({ query }) => ({ ok: true, body: { drafts: [...drafts.open(query.limit ?? 50)] } }),

    sendDraft({ params, body }, caller): DoorResult<'sendDraft'> {
      const runId = ids.next('run');
      const position = Number(params.position);
      const result: DoorResult<'sendDraft'> = mutate(parts, caller, params.id, { position, ...body }, (tx) => {
        const draft = drafts.find(params.id, position);
        if (draft === undefined) return refuse('not_found', 'There is no such follow-up.');
        if (draft.state !== 'open') return refuse('wrong_state', `This follow-up was ${draft.state} already.`);
        const context = queries.context(params.id);
        const request = {
          prompt: body.prompt ?? draft.text,
          parentRunId: params.id,
          ...(context === undefined ? {} : { context: { url: context.url } }),
        };
        const born = tx.run(runId, { type: 'request_run', request, demo: app.demo });
        if (!born.ok) return refused(born.refusal, ERROR_STATUS[born.refusal.code]);
        drafts.settle(params.id, position, { sentRunId: runId });
        return { status: 202, body: JSON.stringify({ run: queries.view(born.run, caller.actor) }) };
      });
      return result.ok ? { ...result, location: `/api/runs/${result.body.run.id}` } : result;
    },

    dismissDraft: ({ params }, caller): DoorResult<'dismissDraft'> =>
      mutate(parts, caller, params.id, { position: params.position }, () => {
        const position = Number(params.position);
        if (drafts.find(params.id, position) === undefined) return refuse('not_found', 'There is no such follow-up.');
        if (!drafts.settle(params.id, position, 'dismissed'))
          return refuse('wrong_state', 'Somebody has decided on this follow-up already.');
        return { status: 200, body: JSON.stringify({ draft: drafts.find(params.id, position) }) };
      }),
  };
}
