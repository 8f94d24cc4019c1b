import { expect, test } from 'vitest';
import { judgeMigrations } from '../../daemon/core/migrations-verdict.ts';
import { file } from './policy-table.ts';

const GLOBS = ['**/migrations/**'];
const kindOf = (...sql: string[]) => judgeMigrations([file('db/migrations/0002_x.sql', { status: 'added', plus: sql })], GLOBS).kind;

test.each([
  ['CREATE TABLE x (a INTEGER, b TEXT NOT NULL);'],
  ['create table if not exists x (a);', 'CREATE INDEX i ON x(a);'],
  ['BEGIN;', 'ALTER TABLE x ADD COLUMN b TEXT;', 'COMMIT;'],
  ['ALTER TABLE x ADD b NUMERIC(10, 2) NOT NULL DEFAULT 0;'],
  ["INSERT INTO x (a) VALUES ('drop table; -- delete from');"],
  ['-- DROP TABLE x;', 'CREATE TABLE y (a);'],
  ['/* TRUNCATE x; */ CREATE TABLE y (a);'],
  ['CREATE VIEW v AS SELECT "update" FROM x;'],
  ['PRAGMA foreign_keys = ON;'],
])('old code still runs after %s', (...sql) => {
  expect(kindOf(...sql)).toBe('additive');
});

test.each([
  ['DROP TABLE x;'],
  ['dRoP', '  TABLE x;'],
  ['DROP/**/TABLE/* */x;'],
  ['CREATE TABLE y (a);', 'DROP INDEX i;'],
  ['ALTER TABLE x DROP COLUMN a;'],
  ['ALTER TABLE x DROP a;'],
  ['ALTER TABLE x ADD a INT, DROP b;'],
  ['ALTER TABLE x RENAME a TO b;'],
  ['ALTER TABLE x RENAME TO y;'],
  ['ALTER TABLE x ALTER COLUMN a SET NOT NULL;'],
  ['ALTER TABLE x MODIFY a INT;'],
  ['TRUNCATE x;'],
  ['DELETE FROM x;'],
  ['UPDATE x SET a = 1;'],
  ['WITH y AS (SELECT 1) DELETE FROM x;'],
  ['INSERT INTO x VALUES (1) ON CONFLICT DO UPDATE SET a = 2;'],
  ["INSERT INTO x VALUES ('--'); DROP TABLE x;"],
  ["INSERT INTO x VALUES ('/*'); DROP TABLE x; INSERT INTO x VALUES ('*/');"],
  ["INSERT INTO x VALUES ('it''s'); DROP TABLE x;"],
  ['/*! DROP TABLE x */;'],
  ['CREATE TRIGGER t AFTER INSERT ON x BEGIN DELETE FROM y; END;'],
])('POL-03 old code may not run after %s', (...sql) => {
  expect(kindOf(...sql)).toBe('destructive');
});

test.each([
  ['ALTER TABLE x ADD b TEXT NOT NULL;'],
  ['ALTER TABLE x ADD CONSTRAINT c CHECK (a > 0);'],
  ['ALTER TABLE x ADD b INT REFERENCES y(a);'],
  ['ALTER TABLE x ADD a INT, ADD b INT;'],
  ['CREATE UNIQUE INDEX i ON x(a);'],
  ['CREATE TRIGGER t BEFORE INSERT ON x BEGIN SELECT 1; END;'],
  ['REPLACE INTO x VALUES (1);'],
  ["EXECUTE 'DR' || 'OP TABLE x';"],
  ['DO $$ BEGIN END $$;'],
  ["CREATE TABLE y (a TEXT DEFAULT $$'$$);"],
  ["INSERT INTO x VALUES ('it\\'s');"],
  ["INSERT INTO x VALUES ('never closed"],
  ['CREATE TABLE y (a); /* never closed'],
  ['PRAGMA writable_schema = ON;'],
  ['VACUUM;'],
  ['# DR', 'OP'],
])('what is not known to be harmless is unknown: %s', (...sql) => {
  expect(kindOf(...sql)).toBe('unknown');
});

test.each([
  ['an edited migration', file('db/migrations/1.sql')],
  ['a deleted one', file('db/migrations/1.sql', { status: 'deleted' })],
  ['a renamed one', file('db/old/1.sql', { status: 'renamed', oldPath: 'db/migrations/1.sql' })],
  ['one in another language', file('db/migrations/1.ts', { status: 'added', plus: ['drop()'] })],
  ['one that was cut', file('db/migrations/1.sql', { status: 'added', truncated: true })],
  ['a binary', file('db/migrations/1.sql', { status: 'added', binary: true, patch: undefined })],
])('%s is unknown', (_what, change) => {
  expect(judgeMigrations([change], GLOBS).kind).toBe('unknown');
});

test('the worst of several counts, in either order, and each file is named', () => {
  const good = file('db/migrations/1.sql', { status: 'added', plus: ['CREATE TABLE x (a);'] });
  const bad = file('db/migrations/2.sql', { status: 'added', plus: ['DROP TABLE x;'] });
  const odd = file('db/migrations/3.ts', { status: 'added' });
  for (const files of [
    [good, bad, odd],
    [odd, bad, good],
  ]) {
    const { kind, files: named, reasons } = judgeMigrations(files, GLOBS);
    expect(kind).toBe('destructive');
    expect([...named].sort()).toEqual(['db/migrations/1.sql', 'db/migrations/2.sql', 'db/migrations/3.ts']);
    expect(reasons.join()).toContain('db/migrations/2.sql drops something');
  }
});

test('no migration is none, whatever else says DROP', () => {
  expect(judgeMigrations([file('src/a.sql', { plus: ['DROP TABLE x;'] })], GLOBS)).toEqual({ files: [], kind: 'none', reasons: [] });
});
