import type { ReasonCode } from '#shared/reasons.ts';
import type { RunState } from '#shared/run.ts';
import type { Run } from '../core/run.ts';
import type { RunFact, StoredFact } from '../core/run-events.ts';

/** A row of `run_events`. */
export interface EventRow {
  seq: number;
  run_id: string;
  version: number;
  type: string;
  from_state: string | null;
  to_state: string;
  reason: string | null;
  payload: string;
  actor: string;
  trace_id: string;
  at: number;
}

/** A stored fact from its row. Only this program writes the rows, so the payload has the type's own shape. */
export function decodeFact(row: EventRow): StoredFact {
  return {
    seq: row.seq,
    runId: row.run_id,
    version: row.version,
    ...(row.from_state === null ? {} : { from: row.from_state as RunState }),
    to: row.to_state as RunState,
    ...(row.reason === null ? {} : { reason: row.reason as ReasonCode }),
    actor: row.actor,
    traceId: row.trace_id,
    at: row.at,
    fact: { type: row.type, ...(JSON.parse(row.payload) as object) } as RunFact,
  };
}

/** A run from `runs.snapshot`. */
export function decodeRun(snapshot: string): Run {
  const run = JSON.parse(snapshot) as Run;
  // What the first schema's snapshots did not say.
  return { ...run, threadHome: run.threadHome ?? run.id, messages: run.messages ?? [], repairs: run.repairs ?? 0 };
}
