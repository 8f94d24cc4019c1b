import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLedgerFile } from '../../daemon/store/open.ts';
import { temporaryFolder } from '../scripts/temporary-folder.ts';
import { type Db, MIGRATIONS } from './temporary-store.ts';

const FIXTURES = resolve(import.meta.dirname, '../fixtures/migrations');
const NAMES = readdirSync(MIGRATIONS)
  .filter((name) => name.endsWith('.sql'))
  .sort();

/** Opens a state folder with some migrations, hands the database to `work`, and closes it again. */
function withLedger<T>(folder: string, migrations: string, work: (db: Db) => T, now = 1): T {
  const opened = openLedgerFile(folder, migrations, now);
  if (!opened.ok) throw new Error(opened.detail);
  try {
    return work(opened.db);
  } finally {
    opened.close();
  }
}

/** The shipped migrations up to one of them, and then others written for the test. */
function migrationsOf(upTo: number, ...more: readonly string[]): string {
  const folder = temporaryFolder('migrations');
  for (const name of NAMES.slice(0, upTo)) cpSync(join(MIGRATIONS, name), join(folder, name));
  for (const [index, sql] of more.entries())
    writeFileSync(join(folder, `${String(upTo + index + 1).padStart(4, '0')}_more_${index}.sql`), sql);
  return folder;
}

const tables = (db: Db) =>
  (
    db
      .prepare(
        `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_migrations' ORDER BY name`,
      )
      .all() as { name: string }[]
  ).map(({ name }) => name);
const counts = (db: Db) =>
  Object.fromEntries(tables(db).map((table) => [table, (db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n]));

describe('each shipped migration', () => {
  test('has data of its time', () => {
    expect(NAMES.length).toBeGreaterThan(0);
    expect(
      readdirSync(FIXTURES)
        .filter((name) => name.endsWith('.sql'))
        .sort(),
    ).toEqual(NAMES);
  });

  test.each(NAMES.map((name, index) => [name, index + 1] as const))(
    '%s: data in every table of its time, whole after all the later ones',
    (name, number) => {
      const folder = temporaryFolder('state');
      const before = withLedger(folder, migrationsOf(number), (db) => {
        db.exec(readFileSync(join(FIXTURES, name), 'utf8'));
        expect(db.pragma('foreign_key_check')).toEqual([]);
        return counts(db);
      });
      for (const [table, rows] of Object.entries(before)) expect(rows, `the fixture has no row in ${table}`).toBeGreaterThan(0);
      withLedger(folder, MIGRATIONS, (db) => {
        expect(counts(db)).toMatchObject(before);
        expect(db.pragma('foreign_key_check')).toEqual([]);
        expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      });
    },
  );
});

const REBUILD = `CREATE TABLE attempts_new (run_id TEXT NOT NULL REFERENCES runs(id), number INTEGER NOT NULL, state TEXT NOT NULL, thread_id TEXT, summary TEXT, detail TEXT,
  input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0, cost_usd REAL, started_at INTEGER NOT NULL, ended_at INTEGER, PRIMARY KEY (run_id, number)) STRICT;
INSERT INTO attempts_new SELECT * FROM attempts; DROP TABLE attempts; ALTER TABLE attempts_new RENAME TO attempts;`;

describe('migrating', () => {
  const filled = () => {
    const folder = temporaryFolder('state');
    withLedger(folder, MIGRATIONS, (db) => db.exec(readFileSync(join(FIXTURES, NAMES[0]!), 'utf8')));
    return folder;
  };

  test('a rebuilt table keeps the rows that refer to it, and references hold again afterwards', () => {
    const folder = filled();
    withLedger(folder, migrationsOf(NAMES.length, REBUILD), (db) => {
      expect(counts(db)).toMatchObject({ attempts: 2, commands: 1 });
      expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
      expect(() =>
        db.exec(
          `INSERT INTO commands (run_id, attempt, call_id, tool, command, cwd, started_at) VALUES ('run_9', 1, 'c', 'shell', 'x', '/', 1)`,
        ),
      ).toThrow('FOREIGN KEY');
    });
  });

  test('a backup of what was there is made before the first pending one, can be opened, and none is made when nothing is pending', () => {
    const folder = filled();
    const backups = () => readdirSync(join(folder, 'backups'));
    withLedger(folder, MIGRATIONS, () => {});
    expect(backups()).toEqual([]);
    withLedger(folder, migrationsOf(NAMES.length, 'CREATE TABLE later (a) STRICT;'.replace('(a)', '(a TEXT)')), () => {}, 777);
    expect(backups()).toEqual([`ledger-before-${NAMES.length + 1}-777.db`]);
    const restored = temporaryFolder('restored');
    mkdirSync(restored, { recursive: true });
    cpSync(join(folder, 'backups', backups()[0]!), join(restored, 'ledger.db'));
    withLedger(restored, MIGRATIONS, (db) => {
      expect(tables(db)).not.toContain('later');
      expect(counts(db)).toMatchObject({ runs: 3, run_events: 4, audit_log: 1 });
    });
  });

  test('an edited file is refused by name', () => {
    const folder = filled();
    const edited = migrationsOf(NAMES.length);
    writeFileSync(join(edited, NAMES[0]!), `${readFileSync(join(MIGRATIONS, NAMES[0]!), 'utf8')}-- a word more\n`);
    expect(openLedgerFile(folder, edited, 1)).toMatchObject({ ok: false, why: 'unusable', detail: expect.stringContaining(NAMES[0]!) });
    withLedger(folder, MIGRATIONS, (db) => expect(counts(db)['runs']).toBe(3));
  });

  test('LDG-09 a ledger that is newer than the program is refused, and is left as it is', () => {
    const folder = filled();
    withLedger(folder, migrationsOf(NAMES.length, 'CREATE TABLE later (a TEXT) STRICT;'), () => {});
    expect(openLedgerFile(folder, MIGRATIONS, 1)).toMatchObject({
      ok: false,
      why: 'unusable',
      remedy: expect.stringContaining('newer version'),
    });
    withLedger(folder, migrationsOf(NAMES.length, 'CREATE TABLE later (a TEXT) STRICT;'), (db) => expect(tables(db)).toContain('later'));
  });

  test.each([
    ['fails at its last statement', 'CREATE TABLE later (a TEXT) STRICT; DELETE FROM commands; SELECT nonsense;'],
    ['leaves a reference to nothing', `DELETE FROM attempts;`],
  ])('LDG-09 one that %s leaves nothing of itself, and the ledger as it was', (_what, sql) => {
    const folder = filled();
    const before = withLedger(folder, MIGRATIONS, counts);
    expect(() => openLedgerFile(folder, migrationsOf(NAMES.length, sql), 2)).toThrow();
    withLedger(folder, MIGRATIONS, (db) => {
      expect(counts(db)).toEqual(before);
      expect(tables(db)).not.toContain('later');
    });
  });

  test('of several the first stay when a later one fails', () => {
    const folder = filled();
    expect(() =>
      openLedgerFile(folder, migrationsOf(NAMES.length, 'CREATE TABLE first (a TEXT) STRICT;', 'SELECT nonsense;'), 2),
    ).toThrow();
    withLedger(folder, migrationsOf(NAMES.length, 'CREATE TABLE first (a TEXT) STRICT;'), (db) => expect(tables(db)).toContain('first'));
  });

  test('a hole in the numbers is refused', () => {
    const folder = migrationsOf(NAMES.length);
    writeFileSync(join(folder, '0099_far.sql'), 'SELECT 1;');
    expect(() => openLedgerFile(temporaryFolder('state'), folder, 1)).toThrow('0099_far.sql');
  });
});
