import { ERROR_STATUS } from '#shared/errors.ts';
import type { Diff } from '#shared/review.ts';
import type { Sources } from '#shared/source.ts';
import type { PersonCommand } from '../../core/commands.ts';
import { isTerminal } from '../../core/run-machine.ts';
import type { Caller, DoorResult, Handlers } from '../handlers.ts';
import { isEndOfLog } from '../log-end.ts';
import { type DoorParts, mutate, refused } from './parts.ts';
import { standingOf } from './standing.ts';

type RunDoors =
  | 'createRun'
  | 'listRuns'
  | 'getRun'
  | 'cancelRun'
  | 'approveRun'
  | 'rejectRun'
  | 'applyRun'
  | 'sendMessage'
  | 'archiveRun'
  | 'markRun'
  | 'getDiff'
  | 'getChecks'
  | 'getCommands'
  | 'getPreview'
  | 'getRunEvents'
  | 'getLog';

const NO_RUN = { ok: false, code: 'not_found', message: 'There is no such run.' } as const;

const MAIN_APART = 'Nothing is merged until main here and main in your repository are one again. The banner says what to do.';

/** The doors of runs. */
export function runDoors(parts: DoorParts): Pick<Handlers, RunDoors> {
  const { ledger, queries, reads, drafts, artifacts, logs, ids, repository, previewer, leases, clock, app, upstream } = parts;

  const command = (runId: string, caller: Caller, person: PersonCommand): DoorResult<'cancelRun'> =>
    mutate(parts, caller, runId, person, (tx) => {
      const apart = person.type === 'approve_run' && (upstream.rewritten !== undefined || upstream.held !== undefined);
      if (apart) return refused({ code: 'frozen', message: MAIN_APART }, ERROR_STATUS.frozen);
      const committed = tx.run(runId, person);
      if (!committed.ok) return refused(committed.refusal, ERROR_STATUS[committed.refusal.code]);
      return { status: 202, body: JSON.stringify({ run: queries.view(committed.run, caller.actor) }) };
    });

  const readSources = (hash: string | undefined) => {
    const text = hash === undefined ? undefined : artifacts.text(hash);
    return text === undefined ? undefined : (JSON.parse(text) as Sources);
  };

  return {
    createRun({ body }, caller) {
      const runId = ids.next('run');
      const result: DoorResult<'createRun'> = command(runId, caller, { type: 'request_run', request: body, demo: app.demo });
      return result.ok ? { ...result, location: `/api/runs/${result.body.run.id}` } : result;
    },

    listRuns: ({ query }, caller) => ({
      ok: true,
      body: queries.list({
        limit: query.limit ?? 50,
        reader: caller.actor,
        ...(query.state === undefined ? {} : { states: query.state.split(',') }),
        ...(query.route === undefined ? {} : { route: query.route }),
        ...(query.author === undefined ? {} : { author: query.author }),
        ...(query.q === undefined ? {} : { text: query.q }),
        ...(query.archived === undefined ? {} : { archived: query.archived === 'true' }),
        ...(query.unread === 'true' ? { unread: true } : {}),
        ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
      }) as never,
    }),

    async getRun({ params }, caller) {
      const found = queries.find(params.id);
      // The only wait comes first: what is answered is all of one moment.
      const standing = found && (await standingOf(parts, found));
      const run = queries.find(params.id);
      if (run === undefined) return NO_RUN;
      const kept = queries.artifacts(run.id);
      return {
        ok: true,
        body: {
          run: queries.view(run, caller.actor),
          context: queries.context(run.id),
          sources: readSources(kept.get('sources')?.hash),
          brief: run.brief === undefined ? undefined : artifacts.text(run.brief),
          answer: run.answer,
          attempts: [...queries.attempts(run.id)],
          approvals: [...queries.approvals(run.id)],
          standing,
          comments: run.comments,
          messages: run.messages.map(({ text, actor, at, attempt }) => ({ text, actor, at: new Date(at).toISOString(), attempt })),
          drafts: [...drafts.ofRun(run.id)],
          children: queries.children(run.id).map((child) => queries.view(child, caller.actor)),
          logs: logs.list(run.id).map((log) => ({ ...log, sha256: log.finished ? kept.get(`log/${log.name}`)?.hash : undefined })),
        },
      };
    },

    applyRun: ({ params }, caller) => command(params.id, caller, { type: 'apply_run' }),
    sendMessage: ({ params, body }, caller) =>
      command(params.id, caller, {
        type: 'send_message',
        text: body.text,
        ...(body.attempt === undefined ? {} : { attempt: body.attempt }),
      }),
    archiveRun: ({ params, body }, caller) => command(params.id, caller, { type: 'archive_run', archived: body.archived ?? true }),
    markRun({ params, body }, caller) {
      const run = queries.find(params.id);
      if (run === undefined) return NO_RUN;
      const { actor, traceId } = caller;
      // Nobody else's business: neither audited nor kept by a key. The mark is its own key, (user, run).
      ledger.act(
        { actor, action: 'markRun', subject: run.id, traceId, payload: body },
        (tx) => {
          const changed = body.seen === null ? reads.unsee(actor, run.id) : reads.see(actor, run.id, Math.min(body.seen, run.version));
          if (changed) tx.hintRead(actor, run.id);
        },
        () => undefined,
      );
      return { ok: true, body: { run: queries.view(run, actor) } };
    },
    cancelRun: ({ params }, caller) => command(params.id, caller, { type: 'cancel_run' }),
    approveRun({ params, body }, caller) {
      // The wall clock may have been set since the last beat, which is no reason to lose what nobody else has taken.
      parts.keepLeases();
      return command(params.id, caller, {
        type: 'approve_run',
        headCommit: body.headCommit,
        ...(body.confirm === undefined ? {} : { confirm: body.confirm }),
      });
    },
    rejectRun: ({ params, body }, caller) => command(params.id, caller, { type: 'reject_run', reason: body.reason }),

    async getDiff({ params }) {
      const run = queries.find(params.id);
      if (run === undefined) return NO_RUN;
      if (run.review !== undefined) return { ok: true, body: JSON.parse(artifacts.text(run.review.diffHash)!) as Diff };
      const head = run.headCommit ?? run.proposal?.commit;
      if (run.baseCommit === undefined || head === undefined) {
        return { ok: false, code: 'wrong_state', message: 'This run has no commit yet, so there is no diff.' };
      }
      return {
        ok: true,
        body: { base: run.baseCommit, head, files: [...(await repository.diff(run.baseCommit, head))] },
      };
    },

    getChecks: ({ params }) =>
      queries.find(params.id) === undefined ? NO_RUN : { ok: true, body: { checks: [...queries.checks(params.id)] } },
    getCommands: ({ params }) =>
      queries.find(params.id) === undefined ? NO_RUN : { ok: true, body: { commands: [...queries.commands(params.id)] } },

    getPreview({ params }) {
      const run = queries.find(params.id);
      if (run === undefined) return NO_RUN;
      if (run.slot === undefined || isTerminal(run.state))
        return { ok: false, code: 'wrong_state', message: 'This run has no preview slot.' };
      // Only the page of one run asks for this: somebody is looking, so an idle lease lives on.
      leases.touch(run.id, clock.now());
      return {
        ok: true,
        body: {
          url: previewer.urlOf(run.slot),
          slot: run.slot,
          commit: run.previewUrl === undefined ? undefined : run.headCommit,
          health: previewer.health(run.slot),
          startedAt: run.previewStartedAt === undefined ? undefined : new Date(run.previewStartedAt).toISOString(),
          data: {
            kind: run.seed?.kind ?? 'none',
            seedVersion: run.seed?.version,
            resetAt: run.seed === undefined ? undefined : new Date(run.seed.at).toISOString(),
            migrations: [...queries.migrations(run.id)],
          },
        },
      };
    },

    getRunEvents: ({ params, query }) =>
      queries.find(params.id) === undefined ? NO_RUN : { ok: true, body: { events: [...queries.events(params.id, query.after ?? 0)] } },

    getLog({ params, query }) {
      const from = query.from ?? 0;
      const read = logs.read(params.id, params.name, from);
      if (read === undefined) return { ok: false, code: 'not_found', message: 'There is no such log.' };
      const finished = read.finished && isEndOfLog(queries, params.id, params.name, read.next);
      return { ok: true, body: { name: params.name, from, next: read.next, finished, text: read.text } };
    },
  };
}
