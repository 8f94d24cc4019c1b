import type { Database } from 'better-sqlite3';
import type { Run } from '../core/run.ts';
import { reasonOf, type StoredFact } from '../core/run-events.ts';
import { isTerminal } from '../core/run-machine.ts';

/** Follow-ups kept of one answer. */
const MAX_DRAFTS = 20;

const PRIORITY = { low: 0, normal: 1, high: 2 } as const;

/** Facts that are still stated of a run that is over. */
const AFTER_THE_END: ReadonlySet<string> = new Set(['slot.released', 'upstream.followed', 'run.archived', 'run.unarchived']);

/** Writes the tables that follow from a fact, inside the transaction that states it. */
export function openProjections(db: Database) {
  const event = db.prepare(
    `INSERT INTO run_events (run_id, version, type, from_state, to_state, reason, payload, actor, trace_id, at)
     VALUES (@runId, @version, @type, @from, @to, @reason, @payload, @actor, @traceId, @at)`,
  );
  const putRun = db.prepare(
    `INSERT INTO runs (id, title, prompt, status, reason_code, priority, route, slot_id, branch_name, worktree_path, commit_sha, parent_run_id, relation, archived_at, created_by, seed_version, version, snapshot, created_at, updated_at, ended_at)
     VALUES (@id, @title, @prompt, @status, @reason, @priority, @route, @slot, @branch, @worktree, @commit, @parent, @relation, @archivedAt, @author, @seed, @version, @snapshot, @createdAt, @updatedAt, @endedAt)
     ON CONFLICT (id) DO UPDATE SET title = @title, status = @status, reason_code = @reason, slot_id = @slot, worktree_path = @worktree, commit_sha = @commit,
       archived_at = @archivedAt, seed_version = @seed, version = @version, snapshot = @snapshot, updated_at = @updatedAt, ended_at = @endedAt`,
  );
  const context = db.prepare('INSERT INTO run_context (run_id, capture) VALUES (?, ?)');
  const lease = db.prepare(
    `INSERT INTO slot_leases (slot_id, fence, run_id, lease_state, leased_at, expires_at, heartbeat_at, active_at) VALUES (?, ?, ?, 'active', ?, ?, ?, ?)`,
  );
  const endLease = db.prepare(`UPDATE slot_leases SET lease_state = ?, ended_at = ? WHERE run_id = ? AND lease_state = 'active'`);
  const work = db.prepare(`UPDATE slot_leases SET active_at = ? WHERE run_id = ? AND lease_state = 'active'`);
  const attempt = db.prepare(`INSERT INTO attempts (run_id, number, state, thread_id, started_at) VALUES (?, ?, 'running', ?, ?)`);
  const thread = db.prepare('UPDATE attempts SET thread_id = ? WHERE run_id = ? AND number = ?');
  const endAttempt = db.prepare(
    `UPDATE attempts SET state = ?, detail = ?, ended_at = ? WHERE run_id = ? AND number = ? AND state = 'running'`,
  );
  const finish = db.prepare(
    `UPDATE attempts SET state = 'finished', summary = ?, input_tokens = ?, output_tokens = ?, cost_usd = ?, ended_at = ? WHERE run_id = ? AND number = ?`,
  );
  const openAttempts = db.prepare(`UPDATE attempts SET state = ?, detail = ?, ended_at = ? WHERE run_id = ? AND state = 'running'`);
  const dropDrafts = db.prepare(`DELETE FROM drafts WHERE run_id = ? AND state = 'open'`);
  const draft = db.prepare(
    `INSERT INTO drafts (run_id, position, text, state, at)
     VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM drafts WHERE run_id = ?), ?, 'open', ?)`,
  );
  const check = db.prepare(
    `INSERT INTO validation_checks (run_id, stage, check_name, position, kind, required, command, status, artifact_uri, started_at)
     VALUES (@runId, @stage, @name, (SELECT count(*) FROM validation_checks WHERE run_id = @runId), @kind, @required, @command, 'running', @log, @at)
     ON CONFLICT (run_id, stage, check_name) DO UPDATE SET status = 'running', exit_code = NULL, detail = NULL, artifact_uri = @log, started_at = @at, ended_at = NULL`,
  );
  const endCheck = db.prepare(
    `UPDATE validation_checks SET status = @status, exit_code = @exitCode, detail = @detail, ended_at = @at WHERE run_id = @runId AND stage = @stage AND check_name = @name`,
  );
  const stopChecks = db.prepare(`UPDATE validation_checks SET status = 'stopped', ended_at = ? WHERE run_id = ? AND status = 'running'`);
  const migration = db.prepare(
    `INSERT INTO data_migrations (run_id, name, status, duration_ms, error, at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (run_id, name) DO UPDATE SET status = excluded.status, duration_ms = excluded.duration_ms, error = excluded.error, at = excluded.at`,
  );
  const approval = db.prepare(
    `INSERT INTO approvals (run_id, actor, head_commit, base_commit, tree, verdict_hash, verdict, self_approved, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const release = db.prepare(
    `INSERT INTO releases (id, commit_sha, run_id, kind, state, title, migrations, migration_marker, actor, created_at) VALUES (?, ?, ?, 'run', 'preparing', ?, ?, ?, ?, ?)`,
  );
  const failRelease = db.prepare(`UPDATE releases SET state = 'failed', reason = ? WHERE id = ?`);

  return {
    /** Appends the fact and answers its sequence number. */
    append(stored: Omit<StoredFact, 'seq'>): number {
      const { type, ...payload } = stored.fact;
      const result = event.run({
        runId: stored.runId,
        version: stored.version,
        type,
        from: stored.from ?? null,
        to: stored.to,
        reason: reasonOf(stored.fact) ?? null,
        payload: JSON.stringify(payload),
        actor: stored.actor,
        traceId: stored.traceId,
        at: stored.at,
      });
      return Number(result.lastInsertRowid);
    },

    project(run: Run, { fact, at, runId, actor }: StoredFact): void {
      putRun.run({
        id: run.id,
        title: run.title,
        prompt: run.prompt,
        status: run.state,
        reason: run.reason?.code ?? null,
        priority: PRIORITY[run.priority],
        route: run.route ?? null,
        slot: run.slot ?? null,
        branch: run.branch,
        worktree: run.worktree ?? null,
        commit: run.headCommit ?? null,
        parent: run.parentRunId ?? null,
        relation: run.relation ?? null,
        archivedAt: run.archivedAt ?? null,
        author: run.author,
        seed: run.seed?.version ?? null,
        version: run.version,
        snapshot: JSON.stringify(run),
        createdAt: run.createdAt,
        updatedAt: run.updatedAt,
        endedAt: run.endedAt ?? null,
      });
      switch (fact.type) {
        case 'run.requested':
          if (fact.context !== undefined) context.run(runId, JSON.stringify(fact.context));
          break;
        case 'slot.leased':
          lease.run(fact.slot, fact.fence, runId, at, fact.expiresAt, at, at);
          break;
        case 'attempt.started':
          attempt.run(runId, fact.attempt, run.threadId ?? null, at);
          break;
        case 'attempt.threaded':
          thread.run(fact.threadId, runId, fact.attempt);
          break;
        case 'attempt.interrupted':
          endAttempt.run('interrupted', 'cut off when the daemon stopped', at, runId, fact.attempt);
          break;
        case 'attempt.ended':
        case 'patch.proposed':
          finish.run(fact.answer.summary, fact.inputTokens, fact.outputTokens, fact.costUsd ?? null, at, runId, fact.attempt);
          dropDrafts.run(runId);
          for (const text of fact.answer.followUps.slice(0, MAX_DRAFTS)) draft.run(runId, runId, text, at);
          break;
        case 'attempt.continued':
          finish.run(null, fact.inputTokens, fact.outputTokens, fact.costUsd ?? null, at, runId, fact.attempt);
          break;
        case 'check.started':
          check.run({
            runId,
            stage: fact.stage,
            name: fact.name,
            kind: fact.kind,
            required: fact.required ? 1 : 0,
            command: fact.command ?? null,
            log: fact.log ?? null,
            at,
          });
          break;
        case 'check.ended':
          endCheck.run({
            runId,
            stage: fact.stage,
            name: fact.name,
            status: fact.status,
            exitCode: fact.exitCode ?? null,
            detail: fact.detail ?? null,
            at,
          });
          break;
        case 'data.migrated':
          migration.run(runId, fact.migration.name, fact.migration.status, fact.migration.durationMs, fact.migration.error ?? null, at);
          break;
        case 'run.approved':
          approval.run(
            runId,
            actor,
            fact.headCommit,
            fact.baseCommit,
            fact.tree,
            fact.verdictHash,
            run.review!.policy.verdict,
            fact.selfApproved ? 1 : 0,
            at,
          );
          break;
        case 'main.moved':
          release.run(
            fact.releaseId,
            fact.commit,
            runId,
            run.title,
            run.review!.hasMigrations ? run.review!.migrations : 'none',
            run.review!.hasMigrations ? fact.commit.slice(0, 12) : null,
            run.approval!.actor,
            at,
          );
          break;
        case 'release.failed':
          failRelease.run(fact.detail.slice(0, 4_000), fact.releaseId);
          break;
        default:
      }
      if (isTerminal(run.state) && !AFTER_THE_END.has(fact.type)) {
        endLease.run(run.state === 'expired' ? 'expired' : 'released', at, runId);
        openAttempts.run(run.state === 'canceled' ? 'stopped' : 'failed', run.reason?.detail ?? null, at, runId);
        stopChecks.run(at, runId);
      } else if (!isTerminal(run.state)) work.run(at, runId);
    },
  };
}

export type Projections = ReturnType<typeof openProjections>;
