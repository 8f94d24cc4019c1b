import { describe, expect, test } from 'vitest';
import { runAt, temporaryStore } from './temporary-store.ts';

const filled = () => {
  const store = temporaryStore();
  runAt(store, 'needs_approval');
  return store;
};

describe('LDG-01 what happened stays', () => {
  test.each(
    ['run_events', 'audit_log'].flatMap((table) => [
      [table, 'UPDATE', `UPDATE ${table} SET actor = 'mallory' WHERE seq = 1`],
      [table, 'UPDATE of nothing that matters', `UPDATE ${table} SET at = at WHERE seq = 2`],
      [table, 'DELETE', `DELETE FROM ${table} WHERE seq = 1`],
      [table, 'DELETE of everything', `DELETE FROM ${table}`],
      [table, 'REPLACE', `REPLACE INTO ${table} SELECT * FROM ${table} WHERE seq = 1`],
      [table, 'INSERT OR REPLACE', `INSERT OR REPLACE INTO ${table} SELECT * FROM ${table} WHERE seq = 2`],
      [table, 'UPSERT', `INSERT INTO ${table} SELECT * FROM ${table} WHERE seq = 1 ON CONFLICT (seq) DO UPDATE SET actor = 'mallory'`],
    ]),
  )('%s: %s is refused', (table, _what, sql) => {
    const store = filled();
    const rows = () => JSON.stringify(store.db.prepare(`SELECT * FROM ${table} ORDER BY seq`).all());
    const before = rows();
    expect(() => store.db.exec(sql!)).toThrow(`${table} is append-only`);
    expect(rows()).toBe(before);
  });

  test('a version of a run cannot be written twice under another number', () => {
    const store = filled();
    expect(() =>
      store.db.exec(
        `INSERT OR REPLACE INTO run_events SELECT 9999, run_id, version, type, from_state, to_state, reason, '{}', actor, trace_id, at FROM run_events WHERE seq = 1`,
      ),
    ).toThrow('append-only');
  });

  test('numbers are never given twice, even when the last row is gone', () => {
    const store = filled();
    const last = store.ledger.seq();
    store.db.exec('DROP TRIGGER run_events_no_delete');
    store.db.exec(`DELETE FROM run_events WHERE seq = ${last}`);
    runAt(store, 'queued', 2);
    expect(store.ledger.seq()).toBe(last + 1);
  });
});

describe('LDG-02 the chain of the audit log', () => {
  test.each(['actor', 'action', 'subject', 'outcome', 'payload_hash', 'trace_id', 'at', 'prev_hash', 'hash'])(
    'an edited %s is found at its row',
    (column) => {
      const store = filled();
      expect(store.audit.firstBroken()).toBeUndefined();
      store.db.exec('DROP TRIGGER audit_log_no_update');
      store.db.exec(`UPDATE audit_log SET ${column} = ${column === 'at' ? 'at + 1' : `'${'7'.repeat(64)}'`} WHERE seq = 3`);
      expect(store.audit.firstBroken()).toBe(3);
    },
  );

  test('a row taken out of the middle, and two that changed places, are found', () => {
    const store = filled();
    store.db.exec('DROP TRIGGER audit_log_no_delete; DROP TRIGGER audit_log_no_update');
    store.db.exec('DELETE FROM audit_log WHERE seq = 4');
    expect(store.audit.firstBroken()).toBe(5);
    const other = filled();
    other.db.exec('DROP TRIGGER audit_log_no_update');
    other.db.exec(
      'UPDATE audit_log SET seq = 9999 WHERE seq = 4; UPDATE audit_log SET seq = 4 WHERE seq = 5; UPDATE audit_log SET seq = 5 WHERE seq = 9999',
    );
    expect(other.audit.firstBroken()).toBe(4);
  });

  test('each row covers the facts of its transaction: other facts make another hash', () => {
    const hashOf = (n: number) => {
      const store = temporaryStore();
      runAt(store, n === 1 ? 'queued' : 'planning');
      return store.audit.list(Number.MAX_SAFE_INTEGER, 50).map((row) => row.payload_hash);
    };
    expect(new Set([...hashOf(1), ...hashOf(2)]).size).toBe(2);
  });
});
