import type { Database } from 'better-sqlite3';
import type { Draft } from '#shared/run.ts';

interface DraftRow {
  run_id: string;
  position: number;
  text: string;
  state: Draft['state'];
  sent_run_id: string | null;
  at: number;
}

const viewOf = (row: DraftRow): Draft => ({
  runId: row.run_id,
  position: row.position,
  text: row.text,
  state: row.state,
  ...(row.sent_run_id === null ? {} : { sentRunId: row.sent_run_id }),
  at: new Date(row.at).toISOString(),
});

/** Follow-ups that agents proposed. Writes belong inside a ledger transaction. */
export function openDrafts(db: Database) {
  const ofRun = db.prepare<[string], DraftRow>('SELECT * FROM drafts WHERE run_id = ? ORDER BY position');
  const one = db.prepare<[string, number], DraftRow>('SELECT * FROM drafts WHERE run_id = ? AND position = ?');
  const open = db.prepare<[number], DraftRow>(`SELECT * FROM drafts WHERE state = 'open' ORDER BY at DESC, run_id, position LIMIT ?`);
  const settle = db.prepare(`UPDATE drafts SET state = ?, sent_run_id = ? WHERE run_id = ? AND position = ? AND state = 'open'`);
  return {
    ofRun: (runId: string): readonly Draft[] => ofRun.all(runId).map(viewOf),
    find(runId: string, position: number): Draft | undefined {
      const row = one.get(runId, position);
      return row === undefined ? undefined : viewOf(row);
    },
    open: (limit: number): readonly Draft[] => open.all(limit).map(viewOf),
    /** Answers whether it was still open. */
    settle: (runId: string, position: number, as: { sentRunId: string } | 'dismissed'): boolean =>
      (as === 'dismissed' ? settle.run('dismissed', null, runId, position) : settle.run('sent', as.sentRunId, runId, position)).changes ===
      1,
  };
}

export type Drafts = ReturnType<typeof openDrafts>;
