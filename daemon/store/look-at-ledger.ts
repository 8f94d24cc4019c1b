import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type MigrationFile, readMigrations, whatIsWrong } from './migrate.ts';
import { damagedRemedy } from './open.ts';

/** What can be said of a ledger without opening it for work: by whoever may read it, while a daemon runs or not. */
export type LedgerLook =
  | { state: 'absent' }
  | { state: 'sound'; version: number; pending: readonly string[]; newestAt: number | undefined }
  | { state: 'wrong'; detail: string; remedy: string };

/** Looks at the ledger of a state folder, read only. */
export function lookAtLedger(stateFolder: string, migrationsFolder: string): LedgerLook {
  const file = join(stateFolder, 'ledger.db');
  if (!existsSync(file)) return { state: 'absent' };
  const uid = process.getuid?.();
  // Reading makes files beside it (the wal index), which its owner could not open if they were ours.
  if (uid !== undefined && statSync(file).uid !== uid)
    return { state: 'wrong', detail: 'The ledger belongs to another user.', remedy: 'Run this as the user of the daemon.' };
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: 2_000 });
    return look(db, stateFolder, migrationsFolder);
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    return { state: 'wrong', detail: `The ledger cannot be read: ${error.message}.`, remedy: damagedRemedy(stateFolder) };
  } finally {
    db?.close();
  }
}

function look(db: Database.Database, stateFolder: string, migrationsFolder: string): LedgerLook {
  const damage = db.pragma('quick_check(1)', { simple: true });
  if (damage !== 'ok') return { state: 'wrong', detail: `The ledger is damaged: ${String(damage)}.`, remedy: damagedRemedy(stateFolder) };
  const done = db.prepare<[], Omit<MigrationFile, 'sql'>>('SELECT number, name, sha256 FROM schema_migrations ORDER BY number').all();
  const files = readMigrations(migrationsFolder);
  const wrong = whatIsWrong(done, files);
  if (wrong !== undefined) return { state: 'wrong', ...wrong };
  const newest = db.prepare<[], { at: number | null }>('SELECT max(at) AS at FROM audit_log').get();
  return {
    state: 'sound',
    version: done.length,
    pending: files.slice(done.length).map(({ name }) => name),
    newestAt: newest?.at ?? undefined,
  };
}
