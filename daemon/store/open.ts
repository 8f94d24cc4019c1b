import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { migrate } from './migrate.ts';

export type OpenOutcome =
  | { ok: true; db: Database.Database; close(): void }
  | { ok: false; why: 'locked' | 'unusable'; detail: string; remedy: string };

/**
 * Opens the ledger of a state folder for this process alone. The lock is an
 * exclusive transaction on a database of its own: a second daemon sees it
 * at once, and a killed one leaves nothing behind.
 */
export function openLedgerFile(stateFolder: string, migrationsFolder: string, now: number): OpenOutcome {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  chmodSync(stateFolder, 0o700);
  const lock = new Database(join(stateFolder, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!hasCode(error, 'SQLITE_BUSY')) throw error;
    return {
      ok: false,
      why: 'locked',
      detail: `Another daemon holds ${stateFolder}.`,
      remedy: 'Use that one, stop it with `scripts/codex-builder stop`, or choose another --state.',
    };
  }
  const file = join(stateFolder, 'ledger.db');
  const db = new Database(file);
  const close = () => {
    db.close();
    lock.close();
  };
  const unusable = (detail: string, remedy: string): OpenOutcome => {
    close();
    return { ok: false, why: 'unusable', detail, remedy };
  };
  try {
    return prepare();
  } catch (error) {
    if (!hasCode(error, 'SQLITE_NOTADB') && !hasCode(error, 'SQLITE_CORRUPT')) {
      close();
      throw error;
    }
    return unusable(`The ledger is damaged: ${String(error)}`, damagedRemedy(stateFolder));
  }

  function prepare(): OpenOutcome {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('recursive_triggers = ON');
    db.pragma('trusted_schema = OFF');
    db.pragma('busy_timeout = 5000');
    db.pragma('journal_size_limit = 67108864');
    chmodSync(file, 0o600);
    if (db.pragma('journal_mode', { simple: true }) !== 'wal' || db.pragma('synchronous', { simple: true }) !== 2) {
      return unusable('The ledger cannot be kept durable on this file system.', 'Put the state folder on a local disk (ext4, xfs, btrfs).');
    }
    const damage = db.pragma('quick_check(1)', { simple: true });
    if (damage !== 'ok') return unusable(`The ledger is damaged: ${String(damage)}`, damagedRemedy(stateFolder));
    const backups = join(stateFolder, 'backups');
    mkdirSync(backups, { recursive: true, mode: 0o700 });
    const migrated = migrate(db, migrationsFolder, (version) => join(backups, `ledger-before-${version + 1}-${now}.db`), now);
    if (!migrated.ok) return unusable(migrated.detail, migrated.remedy);
    return { ok: true, db, close };
  }
}

/** What to do with a ledger that cannot be read. */
export function damagedRemedy(stateFolder: string): string {
  return `It was left as it is. Put a copy of it in its place (${join(stateFolder, 'backups')} has one from before each upgrade), then start again.`;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith(code);
}
