import type { Database } from 'better-sqlite3';
import type { Capture } from '#shared/capture.ts';
import type { Check } from '#shared/check.ts';
import { REASONS, WAIT_REASONS } from '#shared/reasons.ts';
import type { Approval, Attempt, CommandRecord } from '#shared/review.ts';
import type { DataMigration, RunEvent, Run as RunView } from '#shared/run.ts';
import { etaOf } from '../core/eta.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-machine.ts';
import type { Clock } from '../ports.ts';
import { decodeFact, decodeRun, type EventRow } from './decode.ts';
import type { Reads } from './reads.ts';
import { openStageTimes } from './stage-times.ts';

const iso = (ms: number) => new Date(ms).toISOString();

export interface RunFilter {
  states?: readonly string[];
  route?: string;
  author?: string;
  text?: string;
  limit: number;
  /** Only those that were put away; otherwise only those that were not. */
  archived?: boolean;
  /** Who asks: decides what is unread. */
  reader?: string;
  /** Only those that are unread to the reader. */
  unread?: boolean;
  /** `createdAt:id` of the last run of the page before. */
  cursor?: string;
}

interface CheckRow {
  check_name: string;
  stage: 'branch' | 'gate';
  kind: Check['kind'];
  required: number;
  command: string | null;
  status: Check['status'];
  exit_code: number | null;
  detail: string | null;
  artifact_uri: string | null;
  started_at: number;
  ended_at: number | null;
}

/** Every question a surface asks of the ledger, answered in the wire's own shapes. Reads only. */
export function openQueries(db: Database, clock: Pick<Clock, 'now'>, reads: Pick<Reads, 'isUnread'>) {
  const stageTimes = openStageTimes(db);
  const children = db.prepare<[string], { snapshot: string }>('SELECT snapshot FROM runs WHERE parent_run_id = ? ORDER BY created_at, id');
  const freeSlots = db.prepare<[], { n: number }>(
    `SELECT count(*) AS n FROM slots s WHERE s.state = 'ready' AND NOT EXISTS (SELECT 1 FROM slot_leases l WHERE l.slot_id = s.id AND l.lease_state = 'active')`,
  );
  const spentBy = db.prepare<[number, string], { tokens: number; cost: number }>(
    `SELECT coalesce(sum(a.input_tokens + a.output_tokens), 0) AS tokens, coalesce(sum(a.cost_usd), 0) AS cost
       FROM attempts a JOIN runs r ON r.id = a.run_id WHERE a.started_at >= ? AND r.created_by = ?`,
  );
  const one = db.prepare<[string], { snapshot: string }>('SELECT snapshot FROM runs WHERE id = ?');
  const unfinished = db.prepare<[], { snapshot: string }>(
    `SELECT snapshot FROM runs WHERE status NOT IN ('merged', 'failed', 'canceled', 'expired') ORDER BY created_at`,
  );
  const position = db.prepare<{ priority: number; at: number; id: string }, { n: number }>(
    `SELECT count(*) AS n FROM runs WHERE status = 'queued' AND (priority > @priority OR (priority = @priority
        AND (created_at < @at OR (created_at = @at AND rowid < (SELECT rowid FROM runs WHERE id = @id)))))`,
  );
  const busy = db.prepare<[string], { id: string }>(
    `SELECT id FROM runs WHERE status IN ('merging', 'deploying') AND id <> ?
      UNION ALL SELECT 'upstream' FROM effects WHERE lane = 'main' AND state = 'running' AND type = 'release_upstream' LIMIT 1`,
  );
  const counts = db.prepare<[string], { passed: number; failed: number; running: number; total: number }>(
    `SELECT coalesce(sum(status = 'passed'), 0) AS passed, coalesce(sum(status IN ('failed', 'timed_out')), 0) AS failed,
            coalesce(sum(status = 'running'), 0) AS running, count(*) AS total FROM validation_checks WHERE run_id = ?`,
  );
  const tokens = db.prepare<[string], { input: number; output: number; cost: number | null }>(
    `SELECT coalesce(sum(input_tokens), 0) AS input, coalesce(sum(output_tokens), 0) AS output, sum(cost_usd) AS cost FROM attempts WHERE run_id = ?`,
  );
  const spent = db.prepare<[number], { tokens: number; cost: number }>(
    'SELECT coalesce(sum(input_tokens + output_tokens), 0) AS tokens, coalesce(sum(cost_usd), 0) AS cost FROM attempts WHERE started_at >= ?',
  );
  const freeze = db.prepare<[], { value: number }>(`SELECT value FROM flags WHERE name = 'freeze'`);
  const context = db.prepare<[string], { capture: string }>('SELECT capture FROM run_context WHERE run_id = ?');
  const events = db.prepare<[string, number], EventRow>('SELECT * FROM run_events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT 5000');
  const allEvents = db.prepare<[number, number], EventRow>('SELECT * FROM run_events WHERE seq > ? ORDER BY seq LIMIT ?');
  const checks = db.prepare<[string], CheckRow>('SELECT * FROM validation_checks WHERE run_id = ? ORDER BY position, check_name');
  const commands = db.prepare<
    [string],
    {
      attempt: number;
      tool: CommandRecord['tool'];
      command: string;
      cwd: string;
      started_at: number;
      duration_ms: number | null;
      exit_code: number | null;
      output: string | null;
      refused: string | null;
    }
  >('SELECT * FROM commands WHERE run_id = ? ORDER BY attempt, started_at, rowid');
  const attempts = db.prepare<
    [string],
    {
      number: number;
      state: Attempt['state'];
      thread_id: string | null;
      summary: string | null;
      detail: string | null;
      input_tokens: number;
      output_tokens: number;
      cost_usd: number | null;
      started_at: number;
      ended_at: number | null;
    }
  >('SELECT * FROM attempts WHERE run_id = ? ORDER BY number');
  const approvals = db.prepare<
    [string],
    { actor: string; head_commit: string; base_commit: string; tree: string; verdict: string; self_approved: number; at: number }
  >('SELECT * FROM approvals WHERE run_id = ? ORDER BY at');
  const migrations = db.prepare<[string], { name: string; status: DataMigration['status']; duration_ms: number; error: string | null }>(
    'SELECT * FROM data_migrations WHERE run_id = ? ORDER BY at',
  );
  const artifacts = db.prepare<[string], { name: string; hash: string; bytes: number }>(
    'SELECT name, hash, bytes FROM run_artifacts WHERE run_id = ?',
  );
  const stateCounts = db.prepare<[], { status: string; n: number }>('SELECT status, count(*) AS n FROM runs GROUP BY status');
  const reasonCounts = db.prepare<[], { reason_code: string; n: number }>(
    `SELECT reason_code, count(*) AS n FROM runs WHERE status = 'failed' GROUP BY reason_code`,
  );

  function find(id: string): Run | undefined {
    const row = one.get(id);
    return row === undefined ? undefined : decodeRun(row.snapshot);
  }

  /** A person or a free slot is waited for, so that nobody knows how long. */
  const waits = (run: Run, code: string | undefined) =>
    run.state === 'queued' ? code !== undefined || freeSlots.get()!.n === 0 : code !== undefined && code in WAIT_REASONS;

  const frozen = () => freeze.get()?.value === 1;

  /** With a reader it says what is unread to them. */
  function view(run: Run, reader?: string): RunView {
    const used = tokens.get(run.id)!;
    const priority = { low: 0, normal: 1, high: 2 }[run.priority];
    const behind = run.state === 'approved' && !frozen() && busy.get(run.id) !== undefined;
    // A freeze that was lifted is no longer what it waits for.
    const thawed = run.reason?.code === 'FROZEN' && !frozen();
    const code = behind ? 'WAITING_FOR_DEPLOY' : thawed ? undefined : run.reason?.code;
    return {
      id: run.id,
      title: run.title,
      prompt: run.prompt,
      author: run.author,
      state: run.state,
      ...(isTerminal(run.state) ? {} : { stage: stageOf(run) }),
      ...(code === undefined ? {} : { reason: { code, message: run.reason?.detail ?? REASONS[code].cause, remedy: REASONS[code].remedy } }),
      priority: run.priority,
      route: run.route,
      elementNote: run.elementNote,
      slot: isTerminal(run.state) ? undefined : run.slot,
      previewUrl: isTerminal(run.state) ? undefined : run.previewUrl,
      branch: run.branch,
      baseCommit: run.baseCommit,
      headCommit: run.headCommit,
      mergeCommit: run.mergeCommit,
      releaseId: run.releaseId,
      ...(run.parentRunId === undefined ? {} : { parentRunId: run.parentRunId }),
      ...(run.relation === undefined ? {} : { relation: run.relation }),
      ...(run.safeMode === undefined ? {} : { safeMode: true }),
      ...(run.archivedAt === undefined ? {} : { archivedAt: iso(run.archivedAt) }),
      ...(reader !== undefined && reads.isUnread(reader, run.id) ? { unread: true } : {}),
      etaMs: isTerminal(run.state)
        ? undefined
        : etaOf({ state: run.state, stateSince: run.stateSince, waits: waits(run, code) }, clock.now(), stageTimes()),
      queuePosition: run.state === 'queued' ? position.get({ priority, at: run.createdAt, id: run.id })!.n + 1 : undefined,
      filesChanged: run.review?.filesChanged,
      hasMigrations: run.review?.hasMigrations,
      checks: counts.get(run.id)!,
      policy: run.review?.policy,
      usage: { inputTokens: used.input, outputTokens: used.output, ...(used.cost === null ? {} : { costUsd: used.cost }) },
      ...(run.demo ? { demo: true } : {}),
      version: run.version,
      createdAt: iso(run.createdAt),
      updatedAt: iso(run.updatedAt),
      endedAt: run.endedAt === undefined ? undefined : iso(run.endedAt),
    };
  }

  return {
    find,
    view,
    unfinished: (): readonly Run[] => unfinished.all().map((row) => decodeRun(row.snapshot)),

    list(filter: RunFilter): { runs: readonly RunView[]; nextCursor?: string } {
      const where: string[] = [`archived_at IS ${filter.archived === true ? 'NOT ' : ''}NULL`];
      const values: unknown[] = [];
      if (filter.states !== undefined) {
        // The plus keeps it off the index by state: there whole states are sorted for one page.
        where.push(`+status IN (${filter.states.map(() => '?').join(', ')})`);
        values.push(...filter.states);
      }
      if (filter.route !== undefined) {
        where.push(`(route = ? OR substr(route, 1, length(?) + 1) = ? || '?')`);
        values.push(filter.route, filter.route, filter.route);
      }
      if (filter.author !== undefined) {
        where.push('created_by = ?');
        values.push(filter.author);
      }
      if (filter.text !== undefined && filter.text !== '') {
        where.push(`(instr(lower(title), lower(?)) > 0 OR instr(lower(prompt), lower(?)) > 0)`);
        values.push(filter.text, filter.text);
      }
      if (filter.unread === true) {
        where.push(`EXISTS (SELECT 1 FROM run_reads INDEXED BY run_reads_unread
          WHERE run_id = runs.id AND seen < news AND user_id = (SELECT users.id FROM users WHERE name = ?))`);
        values.push(filter.reader);
      }
      const cursor = /^(\d+):(\w+)$/.exec(filter.cursor ?? '');
      if (cursor) {
        where.push('(created_at, id) < (?, ?)');
        values.push(Number(cursor[1]), cursor[2]);
      }
      const rows = db
        .prepare<unknown[], { snapshot: string }>(
          `SELECT snapshot FROM runs WHERE ${where.join(' AND ')} ORDER BY created_at DESC, id DESC LIMIT ?`,
        )
        .all(...values, filter.limit + 1);
      const runs = rows.slice(0, filter.limit).map((row) => decodeRun(row.snapshot));
      const last = runs.at(-1);
      return {
        runs: runs.map((run) => view(run, filter.reader)),
        ...(rows.length > filter.limit && last !== undefined ? { nextCursor: `${last.createdAt}:${last.id}` } : {}),
      };
    },

    children: (runId: string): readonly Run[] => children.all(runId).map((row) => decodeRun(row.snapshot)),

    context(runId: string): Capture | undefined {
      const row = context.get(runId);
      return row === undefined ? undefined : (JSON.parse(row.capture) as Capture);
    },

    events: (runId: string, after: number): readonly RunEvent[] => events.all(runId, after).map(eventView),
    eventsAfter: (after: number, limit: number): readonly RunEvent[] => allEvents.all(after, limit).map(eventView),

    checks: (runId: string): readonly Check[] =>
      checks.all(runId).map((row) => ({
        name: row.check_name,
        kind: row.kind,
        stage: row.stage,
        required: row.required === 1,
        status: row.status,
        command: row.command ?? undefined,
        detail: row.detail ?? undefined,
        startedAt: iso(row.started_at),
        endedAt: row.ended_at === null ? undefined : iso(row.ended_at),
        exitCode: row.exit_code ?? undefined,
        log: row.artifact_uri ?? undefined,
      })),

    commands: (runId: string): readonly CommandRecord[] =>
      commands.all(runId).map((row) => ({
        attempt: row.attempt,
        tool: row.tool,
        command: row.command,
        cwd: row.cwd,
        startedAt: iso(row.started_at),
        durationMs: row.duration_ms ?? undefined,
        exitCode: row.exit_code ?? undefined,
        output: row.output ?? undefined,
        refused: row.refused ?? undefined,
      })),

    attempts: (runId: string): readonly Attempt[] =>
      attempts.all(runId).map((row) => ({
        number: row.number,
        state: row.state,
        threadId: row.thread_id ?? undefined,
        summary: row.summary ?? undefined,
        detail: row.detail ?? undefined,
        startedAt: iso(row.started_at),
        endedAt: row.ended_at === null ? undefined : iso(row.ended_at),
        usage: {
          inputTokens: row.input_tokens,
          outputTokens: row.output_tokens,
          ...(row.cost_usd === null ? {} : { costUsd: row.cost_usd }),
        },
      })),

    approvals: (runId: string): readonly Approval[] =>
      approvals.all(runId).map((row) => ({
        actor: row.actor,
        headCommit: row.head_commit,
        baseCommit: row.base_commit,
        tree: row.tree,
        verdict: row.verdict,
        selfApproved: row.self_approved === 1,
        at: iso(row.at),
      })),

    migrations: (runId: string): readonly DataMigration[] =>
      migrations
        .all(runId)
        .map((row) => ({ name: row.name, status: row.status, durationMs: row.duration_ms, error: row.error ?? undefined })),

    artifacts: (runId: string): ReadonlyMap<string, { hash: string; bytes: number }> =>
      new Map(artifacts.all(runId).map((row) => [row.name, { hash: row.hash, bytes: row.bytes }])),

    /** Of everybody, or of one author. */
    spentSince: (at: number, author?: string): { tokens: number; costUsd: number } => {
      const row = author === undefined ? spent.get(at)! : spentBy.get(at, author)!;
      return { tokens: row.tokens, costUsd: row.cost };
    },
    stateCounts: (): readonly { status: string; n: number }[] => stateCounts.all(),
    failureCounts: (): readonly { reason: string; n: number }[] => reasonCounts.all().map((row) => ({ reason: row.reason_code, n: row.n })),
  };
}

export type Queries = ReturnType<typeof openQueries>;

function eventView(row: EventRow): RunEvent {
  const stored = decodeFact(row);
  const { type, ...payload } = stored.fact;
  return {
    seq: stored.seq,
    runId: stored.runId,
    version: stored.version,
    type,
    from: stored.from,
    to: stored.to,
    reason: stored.reason,
    payload,
    actor: stored.actor,
    traceId: stored.traceId,
    at: iso(stored.at),
  };
}

/** What goes on inside the state, in a few words. */
function stageOf(run: Run): string {
  switch (run.state) {
    case 'queued':
      return 'waiting for a slot';
    case 'planning':
      return run.baseCommit === undefined ? 'preparing the worktree' : 'resetting preview data';
    case 'editing':
      return run.answer !== undefined
        ? 'committing the change'
        : run.attempt > 1
          ? `Codex is working (attempt ${run.attempt})`
          : 'Codex is working';
    case 'testing':
      return run.checksPassed === true ? 'starting the preview' : 'running checks';
    case 'preview_ready':
      return 'putting the review together';
    case 'needs_approval':
      return 'waiting for you';
    case 'approved':
      return 'waiting to be merged';
    case 'merging':
      return run.landing
        ? 'moving main'
        : run.candidate === undefined
          ? 'building the merge'
          : run.candidate.gatePassed
            ? 'moving main'
            : 'checking the merge';
    case 'deploying':
      return run.release === undefined ? 'switching production' : 'putting main back';
    default:
      return '';
  }
}
