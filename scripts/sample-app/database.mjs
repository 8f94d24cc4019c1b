import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import driver from './vendor/node-sqlite3-wasm/node-sqlite3-wasm.cjs';

const BUSY_MS = 2_000;
const STALE_MS = 10_000;

/**
 * The shop's database. Several processes may have it open: while a new release starts, the old one still answers.
 * The driver's lock is a folder beside the file, which a program that was killed in the middle of a query leaves
 * behind. A query here takes milliseconds, so a lock of ten seconds has no owner any more and is removed.
 */
class ShopDatabase extends driver.Database {
  constructor(file) {
    super(file);
    this.lock = `${file}.lock`;
    super.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    super.exec('PRAGMA foreign_keys = ON');
  }

  exec(sql) {
    return this.unlocked(() => super.exec(sql));
  }

  run(sql, values) {
    return this.unlocked(() => super.run(sql, values));
  }

  all(sql, values) {
    return this.unlocked(() => super.all(sql, values));
  }

  get(sql, values) {
    return this.unlocked(() => super.get(sql, values));
  }

  /** Tries again when what was in the way is a lock without an owner. */
  unlocked(query) {
    try {
      return query();
    } catch (error) {
      const made = statSync(this.lock, { throwIfNoEntry: false })?.mtimeMs;
      if (error.message !== 'database is locked' || made === undefined || Date.now() - made < STALE_MS) throw error;
      rmdirSync(this.lock);
      return query();
    }
  }
}

/** Opens the database, `shop.db` in the given folder, and makes both when they are missing. */
export function openDatabase(folder) {
  mkdirSync(folder, { recursive: true });
  return new ShopDatabase(join(folder, 'shop.db'));
}

/** Does all of it or nothing. */
export function transaction(database, work) {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
