import type { Database } from 'better-sqlite3';

/** Writes one page of the ledger as it is, durably; answers why that failed, or undefined. */
export function openWriteProbe(db: Database): () => string | undefined {
  return () => {
    try {
      db.pragma(`user_version = ${Number(db.pragma('user_version', { simple: true }))}`);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
}
