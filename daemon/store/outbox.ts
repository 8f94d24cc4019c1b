import type { Database } from 'better-sqlite3';
import { EFFECTS, type Effect, type EffectType, type Lane } from '../core/effects.ts';

interface EffectRow {
  id: number;
  type: string;
  run_id: string | null;
  payload: string;
  fence: number | null;
  tries: number;
  interrupted: number;
}

/**
 * Work owed to the outside. A row is written in the transaction that makes it
 * owed; it is `running` while a handler works, `waiting` while it cannot (no slot, frozen), then `done` or `dead`.
 */
export function openOutbox(db: Database) {
  const insert = db.prepare(
    `INSERT INTO effects (type, lane, run_id, payload, fence, state, created_at) VALUES (@type, @lane, @run_id, @payload, @fence, 'owed', @at)`,
  );
  // In the lane of main the run that has begun goes first and no other begins while it is there, even when it waits, so that
  // merge and deploy are one section; undoing goes before anything. What upstream brought comes into such a section only while its
  // run waits, which it may do for upstream to be merged.
  const next = db.prepare<[string, number], EffectRow>(
    `SELECT e.id, e.type, e.run_id, e.payload, e.fence, e.tries, e.interrupted
       FROM effects e LEFT JOIN runs r ON r.id = e.run_id
      WHERE e.lane = ? AND e.state = 'owed' AND e.not_before <= ?
        AND NOT (e.type = 'build_candidate' AND EXISTS (SELECT 1 FROM runs b WHERE b.status IN ('merging', 'deploying') AND b.id <> e.run_id))
        AND NOT (e.type = 'release_upstream' AND EXISTS (SELECT 1 FROM effects o JOIN runs b ON b.id = o.run_id
                  WHERE o.lane = e.lane AND o.state IN ('owed', 'running') AND b.status IN ('merging', 'deploying')))
      ORDER BY CASE WHEN e.type = 'undo_main' THEN 0
                    WHEN e.lane = 'main' AND r.status IN ('merging', 'deploying') THEN 1
                    ELSE 2 END,
               CASE WHEN e.lane = 'slots' THEN -r.priority ELSE 0 END,
               CASE WHEN e.lane = 'slots' THEN r.created_at ELSE e.id END,
               e.id
      LIMIT 1`,
  );
  const mark = db.prepare(`UPDATE effects SET state = 'running', tries = tries + 1 WHERE id = ? AND state = 'owed'`);
  const settle = db.prepare(`UPDATE effects SET state = @state, error = @error, ended_at = @at WHERE id = @id`);
  const put = db.prepare(`UPDATE effects SET state = ?, tries = tries - 1 WHERE id = ?`);
  const retry = db.prepare(`UPDATE effects SET state = 'owed', error = ?, not_before = ? WHERE id = ?`);
  const wake = db.prepare(`UPDATE effects SET state = 'owed' WHERE state = 'waiting'`);
  // A try that the daemon's death cut off does not count against the bound.
  const recover = db.prepare(
    `UPDATE effects SET state = 'owed', interrupted = 1, tries = max(0, tries - 1), not_before = 0 WHERE state = 'running'`,
  );
  const open = db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM effects WHERE state IN ('owed', 'running')`);
  const dropRun = db.prepare(
    `UPDATE effects SET state = 'done', error = 'the run ended', ended_at = ? WHERE run_id = ? AND state IN ('owed', 'waiting') AND type NOT IN ('release_slot', 'follow_upstream')`,
  );
  const running = db.prepare<[number], { n: number }>(`SELECT count(*) AS n FROM effects WHERE id = ? AND state = 'running'`);
  const openFor = db.prepare<[string, string], { n: number }>(
    `SELECT count(*) AS n FROM effects WHERE type = ? AND run_id = ? AND state IN ('owed', 'running', 'waiting')`,
  );
  const soonest = db.prepare<[number], { at: number | null }>(
    `SELECT min(not_before) AS at FROM effects WHERE state = 'owed' AND not_before > ?`,
  );
  const openOf = db.prepare<[string], { n: number }>(
    `SELECT count(*) AS n FROM effects WHERE type = ? AND state IN ('owed', 'running', 'waiting')`,
  );
  return {
    owe(type: EffectType, at: number, options: { runId?: string; payload?: Record<string, unknown>; fence?: number } = {}): number {
      const result = insert.run({
        type,
        lane: EFFECTS[type].lane,
        run_id: options.runId ?? null,
        payload: JSON.stringify(options.payload ?? {}),
        fence: options.fence ?? null,
        at,
      });
      return Number(result.lastInsertRowid);
    },
    /** Takes the next effect of a lane and marks it running, or answers undefined. */
    claim(lane: Lane, now: number): Effect | undefined {
      const row = next.get(lane, now);
      if (row === undefined) return undefined;
      mark.run(row.id);
      return {
        id: row.id,
        type: row.type as EffectType,
        ...(row.run_id === null ? {} : { runId: row.run_id }),
        ...(row.fence === null ? {} : { fence: row.fence }),
        payload: JSON.parse(row.payload) as Record<string, unknown>,
        tries: row.tries + 1,
        interrupted: row.interrupted === 1,
      };
    },
    done(id: number, at: number): void {
      settle.run({ id, state: 'done', error: null, at });
    },
    dead(id: number, error: string, at: number): void {
      settle.run({ id, state: 'dead', error, at });
    },
    /** Not a try: it could not begin yet. `again` puts it back at once (the daemon is stopping). */
    putBack(id: number, as: 'waiting' | 'again'): void {
      put.run(as === 'waiting' ? 'waiting' : 'owed', id);
    },
    /** A handler holds it and has not settled it. */
    isRunning: (id: number): boolean => running.get(id)!.n > 0,
    /** It threw: owed again, but not before an instant. */
    retry(id: number, error: string, notBefore: number): void {
      retry.run(error, notBefore, id);
    },
    wakeWaiting(): number {
      return wake.run().changes;
    },
    /** At start: whatever ran when the daemon died is owed again and knows it. */
    recover(): number {
      wake.run();
      return recover.run().changes;
    },
    /** An ended run owes nothing but its own clean-up. */
    dropRun(runId: string, at: number): void {
      dropRun.run(at, runId);
    },
    countOpen(): number {
      return open.get()!.n;
    },
    /** When the next effect that backs off may be taken again. */
    nextDue: (now: number): number | undefined => soonest.get(now)!.at ?? undefined,
    isOpenFor: (type: EffectType, runId: string): boolean => openFor.get(type, runId)!.n > 0,
    isOpen(type: EffectType): boolean {
      return openOf.get(type)!.n > 0;
    },
  };
}

export type Outbox = ReturnType<typeof openOutbox>;
