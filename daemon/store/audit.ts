import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';

export interface AuditRow {
  seq: number;
  actor: string;
  action: string;
  subject: string;
  outcome: string;
  payload_hash: string;
  trace_id: string;
  at: number;
  prev_hash: string;
  hash: string;
}

type NewRow = Omit<AuditRow, 'seq' | 'prev_hash' | 'hash'>;

const GENESIS = '0'.repeat(64);

/** SHA-256 in lower-case hex of a text. */
export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

function chain(prevHash: string, row: NewRow): string {
  return sha256(JSON.stringify([prevHash, row.actor, row.action, row.subject, row.outcome, row.payload_hash, row.trace_id, row.at]));
}

/** The append-only, hash-chained record of who did what. `append` belongs inside the transaction of what it records. */
export function openAudit(db: Database) {
  const last = db.prepare<[], { hash: string }>('SELECT hash FROM audit_log ORDER BY seq DESC LIMIT 1');
  const insert = db.prepare(
    `INSERT INTO audit_log (actor, action, subject, outcome, payload_hash, trace_id, at, prev_hash, hash)
     VALUES (@actor, @action, @subject, @outcome, @payload_hash, @trace_id, @at, @prev_hash, @hash)`,
  );
  const page = db.prepare<[number, number], AuditRow>('SELECT * FROM audit_log WHERE seq < ? ORDER BY seq DESC LIMIT ?');
  const all = db.prepare<[], AuditRow>('SELECT * FROM audit_log ORDER BY seq');
  return {
    append(row: NewRow): void {
      const prev_hash = last.get()?.hash ?? GENESIS;
      insert.run({ ...row, prev_hash, hash: chain(prev_hash, row) });
    },
    list(before: number, limit: number): readonly AuditRow[] {
      return page.all(before, limit);
    },
    /** The first row whose hash does not follow from the one before it, if any. */
    firstBroken(): number | undefined {
      let prev = GENESIS;
      for (const row of all.iterate()) {
        if (row.prev_hash !== prev || row.hash !== chain(prev, row)) return row.seq;
        prev = row.hash;
      }
      return undefined;
    },
  };
}

export type Audit = ReturnType<typeof openAudit>;
