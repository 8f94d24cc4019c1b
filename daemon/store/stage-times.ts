import type { Database } from 'better-sqlite3';
import type { RunState } from '#shared/run.ts';
import type { StageTimes } from '../core/eta.ts';

/** Changes of state looked at: some forty recent runs. */
const WINDOW = 400;

/** How long recent runs stayed in each state; read anew only when something was stated since. */
export function openStageTimes(db: Database): () => StageTimes {
  const newest = db.prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM run_events');
  const changes = db.prepare<[number], { run_id: string; from_state: RunState; to_state: RunState; at: number }>(
    `SELECT run_id, from_state, to_state, at FROM
       (SELECT seq, run_id, from_state, to_state, at FROM run_events WHERE from_state IS NOT NULL AND from_state <> to_state ORDER BY seq DESC LIMIT ?)
      ORDER BY seq`,
  );
  let seq = -1;
  let times: StageTimes = new Map();
  return () => {
    const now = newest.get()!.seq ?? 0;
    if (now === seq) return times;
    seq = now;
    const entered = new Map<string, number>();
    const found = new Map<RunState, number[]>();
    for (const change of changes.all(WINDOW)) {
      const since = entered.get(change.run_id);
      // A run that ended in the stage says nothing about how long the stage takes.
      if (since !== undefined && change.to_state !== 'failed' && change.to_state !== 'canceled' && change.to_state !== 'expired') {
        const list = found.get(change.from_state) ?? [];
        list.push(change.at - since);
        found.set(change.from_state, list);
      }
      entered.set(change.run_id, change.at);
    }
    times = found;
    return times;
  };
}
