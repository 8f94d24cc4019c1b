import type { Database } from 'better-sqlite3';
import { faceOf, isNews } from '#shared/news.ts';
import type { Run } from '../core/run.ts';

/**
 * What each user has seen of which run. News are noted for every user of the day in the transaction of the fact that made them;
 * what a user marks changes nobody else's, nor the run. Writes belong inside a ledger transaction.
 */
export function openReads(db: Database) {
  const raise = db.prepare(
    `INSERT INTO run_reads (user_id, run_id, news, seen) SELECT id, @runId, @version, 0 FROM users WHERE true
     ON CONFLICT (user_id, run_id) DO UPDATE SET news = excluded.news`,
  );
  const settle = db.prepare('UPDATE run_reads SET news = 0 WHERE run_id = ? AND news > 0');
  const see = db.prepare(
    `INSERT INTO run_reads (user_id, run_id, news, seen) SELECT id, @runId, 0, @version FROM users WHERE name = @user
     ON CONFLICT (user_id, run_id) DO UPDATE SET seen = excluded.seen WHERE seen < excluded.seen`,
  );
  const unsee = db.prepare(
    `INSERT INTO run_reads (user_id, run_id, news, seen) SELECT id, @runId, 0, -1 FROM users WHERE name = @user
     ON CONFLICT (user_id, run_id) DO UPDATE SET seen = -1 WHERE seen <> -1`,
  );
  const unread = db.prepare<[string, string], { n: number }>(
    'SELECT count(*) AS n FROM run_reads WHERE user_id = (SELECT id FROM users WHERE name = ?) AND run_id = ? AND seen < news',
  );
  return {
    /** A fact made the run what it is: when that is news everybody has to hear of it, when it is something else nobody has to hear of the news before. */
    note(before: Run | undefined, after: Run): void {
      if (before !== undefined && faceOf(before) === faceOf(after)) return;
      if (isNews(after)) raise.run({ runId: after.id, version: after.version });
      else settle.run(after.id);
    },
    /** Answers whether that changed anything. What was marked unread by hand is read again from here on. */
    see: (user: string, runId: string, version: number): boolean => see.run({ user, runId, version }).changes > 0,
    /** Answers whether that changed anything. */
    unsee: (user: string, runId: string): boolean => unsee.run({ user, runId }).changes > 0,
    isUnread: (user: string, runId: string): boolean => unread.get(user, runId)!.n > 0,
  };
}

export type Reads = ReturnType<typeof openReads>;
