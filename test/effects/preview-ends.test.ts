import { expect, onTestFinished, test } from 'vitest';
import { createPreviewEnds } from '../../daemon/effects/preview-ends.ts';
import { ask, count, runAt, runIdOf, temporaryStore } from '../store/temporary-store.ts';

function open() {
  const store = temporaryStore();
  const said: string[] = [];
  const ends = createPreviewEnds({ ...store, log: (_level, message) => void said.push(message) });
  onTestFinished(ends.stop);
  const startsOwed = () =>
    store.db.prepare(`SELECT count(*) AS n FROM effects WHERE type = 'start_preview' AND state = 'owed'`).get() as { n: number };
  const falls = () => store.queries.events(runIdOf(1), 0).filter(({ type }) => type === 'preview.ended').length;
  return { ...store, said, ends, falls, starts: () => startsOwed().n };
}

test('a preview that ended by itself is said and brought back, three times', () => {
  const store = open();
  runAt(store, 'needs_approval');
  store.db.exec(`DELETE FROM effects`);
  for (const times of [1, 2, 3, 4, 5]) {
    store.ends.ended(runIdOf(1), 'exit 1');
    expect([store.falls(), store.starts()]).toEqual([times, Math.min(times, 3)]);
  }
});

test('LDG-05 one that ends while the ledger cannot be written is said and brought back as soon as it can be', () => {
  const store = open();
  runAt(store, 'needs_approval');
  store.db.exec(`DELETE FROM effects`);
  store.db.exec(`CREATE TEMP TRIGGER full BEFORE INSERT ON main.run_events BEGIN SELECT RAISE(ABORT, 'full'); END`);
  store.ends.ended(runIdOf(1), 'killed by SIGKILL');
  store.clock.advance(20_000);
  expect(store.said).toContain('the end of a preview could not be recorded');
  expect([store.falls(), store.starts()]).toEqual([0, 0]);
  store.db.exec('DROP TRIGGER full');
  store.clock.advance(5_000);
  expect([store.falls(), store.starts()]).toEqual([1, 1]);
  store.clock.advance(60_000);
  expect(store.falls()).toBe(1);
});

test('what could not be said is left alone once the daemon stops', () => {
  const store = open();
  runAt(store, 'needs_approval');
  store.db.exec(`CREATE TEMP TRIGGER full BEFORE INSERT ON main.run_events BEGIN SELECT RAISE(ABORT, 'full'); END`);
  store.ends.ended(runIdOf(1), 'exit 1');
  store.ends.stop();
  store.db.exec('DROP TRIGGER full');
  store.clock.advance(60_000);
  expect(store.falls()).toBe(0);
});

test('of a run that has ended meanwhile nothing is said, not even in the audit', () => {
  const store = open();
  runAt(store, 'needs_approval');
  ask(store, runIdOf(1), { type: 'cancel_run' });
  const before = count(store, 'audit_log');
  store.ends.ended(runIdOf(1), 'exit 1');
  store.ends.ended(runIdOf(7), 'a run that is not there');
  expect([store.falls(), count(store, 'audit_log') - before]).toEqual([0, 0]);
});
