import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { evolve, type Run } from '../../daemon/core/run.ts';
import { decodeFact, type EventRow } from '../../daemon/store/decode.ts';
import { openLedgerFile } from '../../daemon/store/open.ts';
import { REQUEST } from '../core/road.ts';
import { temporaryFolder } from '../scripts/temporary-folder.ts';
import { ask, count, ledgerFile, MIGRATIONS, type OpenedStore, runAt, runIdOf, temporaryStore } from './temporary-store.ts';
import { buildProgram, startWriter } from './writer.ts';

describe('LDG-07 one daemon a state folder', () => {
  test('a second one is told so at once and changes nothing; a killed one leaves no lock', async () => {
    const folder = temporaryFolder('lock');
    const writer = startWriter(buildProgram('writer-main', temporaryFolder('writer')), folder);
    await writer.until((line) => line === 'open');
    const before = performance.now();
    const second = openLedgerFile(folder, MIGRATIONS, 1);
    expect(second).toMatchObject({ ok: false, why: 'locked', detail: expect.stringContaining(folder) });
    expect(performance.now() - before).toBeLessThan(1_000);
    await writer.kill();
    const third = openLedgerFile(folder, MIGRATIONS, 1);
    expect(third.ok).toBe(true);
    if (third.ok) third.close();
  });

  test('in one process too, and closing gives it back', () => {
    const store = temporaryStore();
    expect(openLedgerFile(store.folder, MIGRATIONS, 1)).toMatchObject({ ok: false, why: 'locked' });
    runAt(store, 'queued');
    store.close();
    expect(temporaryStore({ folder: store.folder }).queries.find(runIdOf(1))?.state).toBe('queued');
  });
});

describe('LDG-04 how the file is kept', () => {
  test.each([
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['foreign_keys', 1],
    ['recursive_triggers', 1],
    ['trusted_schema', 0],
    ['busy_timeout', 5_000],
  ])('%s reads back as %s', (pragma, value) => {
    expect(temporaryStore().db.pragma(pragma, { simple: true })).toBe(value);
  });

  test('every table is strict, and nobody else can read the files', () => {
    const store = temporaryStore();
    const loose = store.db
      .prepare(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'`)
      .all();
    expect(loose).toEqual([]);
    expect(execFileSync('stat', ['-c', '%a', store.folder, ledgerFile(store.folder)], { encoding: 'utf8' })).toBe('700\n600\n');
  });
});

describe('LDG-08 a ledger that is none', () => {
  test.each([
    ['text', Buffer.from('this is not a database, and it is longer than a header of one: '.repeat(80))],
    ['a torn database', undefined],
  ])('%s is refused with a remedy, is left as it is, and the lock is given back', (_what, bytes) => {
    const folder = temporaryFolder('damaged');
    if (bytes === undefined) {
      const store = temporaryStore({ folder });
      for (let n = 1; n <= 30; n++) runAt(store, 'queued', n);
      store.db.pragma('wal_checkpoint(TRUNCATE)');
      store.close();
      execFileSync('dd', ['if=/dev/urandom', `of=${ledgerFile(folder)}`, 'bs=4096', 'seek=1', 'count=12', 'conv=notrunc', 'status=none']);
    } else writeFileSync(ledgerFile(folder), bytes);
    for (let again = 0; again < 2; again++) {
      expect(openLedgerFile(folder, MIGRATIONS, 1)).toMatchObject({
        ok: false,
        why: 'unusable',
        remedy: expect.stringContaining('backup'),
      });
    }
  });
});

describe('what was acknowledged', () => {
  test('I1 CRS-01 is there after each of ten SIGKILLs, whole, and I2 every snapshot is the fold of its facts', async () => {
    const folder = temporaryFolder('killed');
    const program = buildProgram('writer-main', temporaryFolder('writer'));
    let acknowledged = 0;
    for (let kill = 0; kill < 10; kill++) {
      const writer = startWriter(program, folder, acknowledged + 1);
      const enough = acknowledged + 1 + kill * 7;
      await writer.until((line) => Number(line) >= enough);
      await writer.kill();
      acknowledged = Math.max(...writer.said.filter((line) => /^\d+$/.test(line)).map(Number));
      const store = temporaryStore({ folder });
      acknowledged = checkWhole(store, acknowledged);
      store.close();
    }
    expect(acknowledged).toBeGreaterThan(70);
  });

  /** Everything of every request up to `acknowledged` and of the one that may have been committed unheard; answers how many there are. */
  function checkWhole(store: OpenedStore, acknowledged: number): number {
    const there = count(store, 'runs');
    expect(there).toBeGreaterThanOrEqual(acknowledged);
    expect(there).toBeLessThanOrEqual(acknowledged + 1);
    for (const table of ['run_events', 'idempotency', 'audit_log', 'effects']) expect(count(store, table), table).toBe(there);
    for (let n = 1; n <= there; n++) expect(folded(store, runIdOf(n))).toEqual(store.queries.find(runIdOf(n)));
    expect(store.audit.firstBroken()).toBeUndefined();
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok');
    return there;
  }

  function folded(store: OpenedStore, runId: string): Run | undefined {
    const rows = store.db.prepare<[string], EventRow>('SELECT * FROM run_events WHERE run_id = ? ORDER BY version').all(runId);
    return rows.map(decodeFact).reduce<Run | undefined>((run, stored) => evolve(run, stored), undefined);
  }

  test('LDG-05 is kept when the disk fills up; the commit that found no room leaves nothing, and the next one works without a restart', () => {
    const disk = smallDisk();
    const store = temporaryStore({ folder: join(disk.folder, 'state') });
    let n = 0;
    for (let round = 0; round < 3; round++) {
      disk.fill(store);
      let refused: unknown;
      for (let more = 0; more < 2_000 && refused === undefined; more++) {
        const whole = [count(store, 'runs'), count(store, 'run_events'), count(store, 'audit_log'), count(store, 'effects')];
        try {
          ask(store, runIdOf(n + 1), { ...REQUEST, request: { prompt: 'x'.repeat(2_000) } } as typeof REQUEST);
          n++;
        } catch (error) {
          refused = error;
          expect([count(store, 'runs'), count(store, 'run_events'), count(store, 'audit_log'), count(store, 'effects')]).toEqual(whole);
        }
      }
      expect(refused).toMatchObject({ code: expect.stringMatching(/^SQLITE_(FULL|IOERR)/) });
      disk.free(store);
      expect(ask(store, runIdOf(n + 1), REQUEST).ok).toBe(true);
      n++;
    }
    store.close();
    const again = temporaryStore({ folder: join(disk.folder, 'state') });
    expect(checkRuns(again)).toBe(n);
  });

  test('LDG-05 an artifact is whole or absent on a disk that fills up in the middle of it, and a log has whole characters and ends no program', () => {
    const program = buildProgram('full-disk-main', temporaryFolder('program'));
    const said = execFileSync('unshare', ['--map-root-user', '--mount', process.execPath, program, temporaryFolder('disk')], {
      encoding: 'utf8',
    });
    expect(JSON.parse(said)).toEqual({
      put: 'ENOSPC',
      take: 'ENOSPC',
      left: 0,
      small: 'small',
      there: false,
      log: { length: expect.any(Number), whole: true },
    });
    expect((JSON.parse(said) as { log: { length: number } }).log.length).toBeGreaterThan(100_000);
  });

  function checkRuns(store: OpenedStore): number {
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(store.audit.firstBroken()).toBeUndefined();
    return count(store, 'runs');
  }

  /** A disk of 3 MB, mounted for one test. Who may not mount gets SQLite's own limit on the size of the file: the same error at the same places. */
  function smallDisk(): { folder: string; fill(store: OpenedStore): void; free(store: OpenedStore): void } {
    if (process.getuid?.() !== 0) {
      return {
        folder: temporaryFolder('disk'),
        fill: ({ db }) => db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 2}`),
        free: ({ db }) => db.pragma('max_page_count = 1000000'),
      };
    }
    const folder = join(temporaryFolder('disk'), 'disk');
    const ballast = join(folder, 'ballast');
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', ['-l', folder]));
    return {
      folder,
      fill: () => void execFileSync('sh', ['-c', 'cat /dev/zero > "$0" 2>/dev/null || true', ballast]),
      free: () => rmSync(ballast),
    };
  }
});
