import type { Database } from 'better-sqlite3';
import { judgeRollback, type ReleaseFacts } from '../core/rollback.ts';

export interface ReleaseRow {
  id: string;
  commit_sha: string;
  run_id: string | null;
  kind: 'first' | 'run' | 'upstream' | 'rollback';
  state: 'preparing' | 'live' | 'replaced' | 'failed';
  title: string;
  migrations: ReleaseFacts['migrations'];
  migration_marker: string | null;
  target_id: string | null;
  previous_id: string | null;
  reason: string | null;
  actor: string;
  created_at: number;
  healthy_at: number | null;
  /** The watch after it went live. Without a state there is none: it was not watched, or another release took its place meanwhile. */
  watch_route: string | null;
  watch_until: number | null;
  watch_state: 'watching' | 'calm' | 'worse' | null;
  watch_detail: string | null;
}

const factsOf = (row: ReleaseRow): ReleaseFacts => ({
  id: row.id,
  state: row.state,
  createdAt: row.created_at,
  migrations: row.migrations,
  ...(row.healthy_at === null ? {} : { healthyAt: row.healthy_at }),
});

/** Releases: what was made live, when, by whom. All writes belong inside a ledger transaction. */
export function openReleases(db: Database) {
  const one = db.prepare<[string], ReleaseRow>('SELECT * FROM releases WHERE id = ?');
  const live = db.prepare<[], ReleaseRow>(`SELECT * FROM releases WHERE state = 'live'`);
  const page = db.prepare<[number], ReleaseRow>('SELECT * FROM releases ORDER BY created_at DESC, id DESC LIMIT ?');
  const insert = db.prepare(
    `INSERT INTO releases (id, commit_sha, kind, state, title, migrations, target_id, reason, actor, created_at)
     VALUES (@id, @commit, @kind, 'preparing', @title, 'none', @target, @reason, @actor, @at)`,
  );
  const retire = db.prepare(
    `UPDATE releases SET state = 'replaced', watch_state = nullif(watch_state, 'watching') WHERE state = 'live' AND id <> ?`,
  );
  const promote = db.prepare(
    `UPDATE releases SET state = 'live', healthy_at = coalesce(healthy_at, @at), previous_id = @previous WHERE id = @id AND state <> 'live'`,
  );
  const fail = db.prepare(`UPDATE releases SET state = 'failed', reason = ? WHERE id = ? AND state = 'preparing'`);
  const watch = db.prepare(`UPDATE releases SET watch_state = 'watching', watch_route = ?, watch_until = ? WHERE id = ?`);
  const endWatch = db.prepare(`UPDATE releases SET watch_state = ?, watch_detail = ? WHERE id = ? AND watch_state = 'watching'`);
  const watchCounts = db.prepare<[], { state: string; n: number }>(
    'SELECT watch_state AS state, count(*) AS n FROM releases WHERE watch_state IS NOT NULL GROUP BY watch_state',
  );
  const preparing = db.prepare<[], ReleaseRow>(
    `SELECT * FROM releases WHERE kind = 'upstream' AND state = 'preparing' ORDER BY created_at DESC, id DESC LIMIT 1`,
  );
  const refused = db.prepare<[string], ReleaseRow>(
    `SELECT * FROM releases WHERE kind IN ('first', 'upstream') AND state = 'failed' AND commit_sha = ? ORDER BY created_at DESC, id DESC LIMIT 1`,
  );
  const newest = db.prepare<[], ReleaseRow>(
    `SELECT * FROM releases WHERE healthy_at IS NOT NULL AND kind <> 'rollback' ORDER BY healthy_at DESC, id DESC LIMIT 1`,
  );
  const judged = db.prepare('UPDATE releases SET migrations = ?, migration_marker = ? WHERE id = ?');
  const since = db.prepare<[number, string], ReleaseRow>('SELECT * FROM releases WHERE created_at >= ? AND id <> ? ORDER BY created_at');
  return {
    find: (id: string): ReleaseRow | undefined => one.get(id),
    live: (): ReleaseRow | undefined => live.get(),
    list: (limit: number): readonly ReleaseRow[] => page.all(limit),
    /** The release that served before the live one did; after a rollback the one before that, never the one just left. */
    lastHealthy(): ReleaseRow | undefined {
      const now = live.get();
      const previous = now === undefined ? null : this.processOf(now).previous_id;
      const before = previous === null ? undefined : one.get(previous);
      return before === undefined ? undefined : this.processOf(before);
    },
    /** The release whose process serves this one: itself, or of a rollback the one it went back to. */
    processOf(release: ReleaseRow): ReleaseRow {
      let found = release;
      while (found.target_id !== null) found = one.get(found.target_id)!;
      return found;
    },
    /** Whether production can go back to it now. */
    judge(row: ReleaseRow): ReturnType<typeof judgeRollback> {
      const now = live.get();
      if (now !== undefined && this.processOf(now).id === this.processOf(row).id) {
        return { possible: false, forceable: false, reason: 'It is live now.' };
      }
      return judgeRollback(factsOf(row), since.all(row.created_at, row.id).map(factsOf));
    },
    add(release: {
      id: string;
      commit: string;
      kind: 'first' | 'upstream' | 'rollback';
      title: string;
      target?: string;
      reason?: string;
      actor: string;
      at: number;
    }): void {
      insert.run({ ...release, target: release.target ?? null, reason: release.reason ?? null });
    },
    /** The release of upstream's commits that is being made, if any. */
    upstreamInPreparation: (): ReleaseRow | undefined => preparing.get(),
    /** The release of this commit, made for no run, that failed last. */
    refused: (commit: string): ReleaseRow | undefined => refused.get(commit),
    /** The release that got furthest: what it holds has been in production, whatever was rolled back since. */
    newestHealthy: (): ReleaseRow | undefined => newest.get(),
    /** What it changes in the data. The marker is what people see of it. */
    setMigrations: (id: string, kind: ReleaseRow['migrations'], marker: string | null): void => void judged.run(kind, marker, id),
    markLive(id: string, at: number): void {
      const previous = live.get()?.id ?? null;
      retire.run(id);
      promote.run({ id, at, previous: previous === id ? null : previous });
    },
    beginWatch: (id: string, route: string, until: number): void => void watch.run(route, until, id),
    /** What the watch came to; without a state it ended before anything could be said. Nothing when it is not being watched any more. */
    endWatch: (id: string, state: 'calm' | 'worse' | undefined, detail: string): void =>
      void endWatch.run(state ?? null, detail.slice(0, 1_000), id),
    watchCounts: (): readonly { state: string; n: number }[] => watchCounts.all(),
    markFailed: (id: string, reason: string): void => void fail.run(reason.slice(0, 4_000), id),
  };
}

export type Releases = ReturnType<typeof openReleases>;
