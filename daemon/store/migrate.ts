import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';

export type MigrateOutcome = { ok: true; applied: readonly string[]; backup?: string } | { ok: false; detail: string; remedy: string };

export interface MigrationFile {
  number: number;
  name: string;
  sql: string;
  sha256: string;
}

/**
 * Applies the pending `NNNN_name.sql` files in order, forward only. Refuses an
 * edited file and a ledger that is newer than this program. Each file runs in
 * one transaction with foreign keys off outside it and checked inside it, because
 * SQLite ignores the pragma inside a transaction and a rebuilt table would
 * take its children with it. `backupTo` gets a copy before the first pending one.
 */
export function migrate(db: Database, folder: string, backupTo: (version: number) => string, now: number): MigrateOutcome {
  db.exec(
    'CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, at INTEGER NOT NULL) STRICT',
  );
  const files = readMigrations(folder);
  const done = db
    .prepare<[], { number: number; name: string; sha256: string }>('SELECT number, name, sha256 FROM schema_migrations ORDER BY number')
    .all();
  const wrong = whatIsWrong(done, files);
  if (wrong !== undefined) return { ok: false, ...wrong };
  const pending = files.slice(done.length);
  if (pending.length === 0) return { ok: true, applied: [] };
  let backup: string | undefined;
  if (done.length > 0) {
    backup = backupTo(done.length);
    db.prepare('VACUUM INTO ?').run(backup);
  }
  const record = db.prepare('INSERT INTO schema_migrations (number, name, sha256, at) VALUES (?, ?, ?, ?)');
  for (const file of pending) {
    db.pragma('foreign_keys = OFF');
    try {
      db.transaction(() => {
        db.exec(file.sql);
        const broken = db.pragma('foreign_key_check') as unknown[];
        if (broken.length > 0) throw new Error(`migration ${file.name} leaves ${broken.length} broken references`);
        record.run(file.number, file.name, file.sha256, now);
      }).immediate();
    } finally {
      db.pragma('foreign_keys = ON');
    }
  }
  return { ok: true, applied: pending.map((file) => file.name), ...(backup === undefined ? {} : { backup }) };
}

/** Whether the migrations that a ledger has are the ones that are known here; pending ones are not wrong. */
export function whatIsWrong(
  done: readonly Omit<MigrationFile, 'sql'>[],
  files: readonly MigrationFile[],
): { detail: string; remedy: string } | undefined {
  for (const row of done) {
    const file = files[row.number - 1];
    if (file === undefined) {
      return {
        detail: `The ledger has migration ${row.name}, which this version of Codex Builder does not know.`,
        remedy: 'Start the newer version again, or restore the backup made before it.',
      };
    }
    if (file.sha256 !== row.sha256) {
      return { detail: `Migration ${file.name} was edited after it was applied.`, remedy: 'Restore the file as it was released.' };
    }
  }
  return undefined;
}

/** The migrations of a folder, in order. Throws when their numbers have a gap. */
export function readMigrations(folder: string): readonly MigrationFile[] {
  const names = readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort();
  return names.map((name, index) => {
    const number = Number(name.slice(0, 4));
    if (number !== index + 1) throw new Error(`migrations are not contiguous at ${name}`);
    const sql = readFileSync(join(folder, name), 'utf8');
    return { number, name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
  });
}
