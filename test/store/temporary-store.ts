import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunState } from '#shared/run.ts';
import type { PersonCommand, RunCommand } from '../../daemon/core/commands.ts';
import type { Run } from '../../daemon/core/run.ts';
import type { Clock } from '../../daemon/ports.ts';
import { openLedgerFile } from '../../daemon/store/open.ts';
import { openStore, type Store } from '../../daemon/store/open-store.ts';
import { roadTo } from '../core/road.ts';
import { temporaryFolder } from '../scripts/temporary-folder.ts';

export const MIGRATIONS = resolve(import.meta.dirname, '../../migrations');

/** A clock that stands until it is moved. Timers fire when it passes them. */
export interface HandClock extends Clock {
  /** Moves both clocks, firing what becomes due, in order. */
  advance(ms: number): void;
  /** Sets the wall clock alone, as a person or a suspended machine does. */
  setWall(by: number): void;
}

/** Stands at a moment of the year 2023 unless told otherwise. */
export function handClock(start = 1_700_000_000_000): HandClock {
  let wall = start;
  let elapsed = 0;
  let timers: { at: number; then: () => void }[] = [];
  return {
    now: () => wall,
    elapsed: () => elapsed,
    after(delayMs, then) {
      const timer = { at: elapsed + delayMs, then };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const until = elapsed + ms;
      for (;;) {
        const due = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter((timer) => timer !== due);
        wall += due.at - elapsed;
        elapsed = due.at;
        due.then();
      }
      wall += until - elapsed;
      elapsed = until;
    },
    setWall: (by) => {
      wall += by;
    },
  };
}

/** A database connection, without naming the package that has its home in the store. */
export type Db = Extract<ReturnType<typeof openLedgerFile>, { ok: true }>['db'];

export interface OpenedStore extends Store {
  db: Db;
  folder: string;
  clock: HandClock;
  close(): void;
}

export interface StoreSettings {
  folder?: string;
  clock?: HandClock;
  queueLimit?: number;
  slots?: number;
  secrets?: readonly string[];
}

/** A store on a real file in a folder of its own, closed and removed when the test ends. */
export function temporaryStore({
  folder = temporaryFolder('store'),
  clock = handClock(),
  queueLimit = 100,
  slots = 3,
  secrets = [],
}: StoreSettings = {}): OpenedStore {
  const opened = openLedgerFile(folder, MIGRATIONS, clock.now());
  if (!opened.ok) throw new Error(`${opened.why}: ${opened.detail}`);
  const store = openStore({ db: opened.db, stateFolder: folder, clock, secrets, queueLimit: () => queueLimit, log: () => {} });
  store.leases.configure(slots);
  let open = true;
  const close = () => {
    if (open) opened.close();
    open = false;
  };
  onTestFinished(() => {
    close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { ...store, db: opened.db, folder, clock, close };
}

/** The nth run's id; they sort as they are numbered. */
export const runIdOf = (n: number): string => `run_${String(n).padStart(26, '0')}`;

export const entry = (action: string, subject: string, actor = 'ada') => ({
  actor,
  action,
  subject,
  traceId: 'trace',
  payload: { action },
});

/** Sends a person's command through the ledger with an audit row, without a receipt. */
export function ask(store: Store, runId: string, command: PersonCommand, actor = 'ada') {
  return store.ledger.act(entry(command.type, runId, actor), (tx) => tx.run(runId, command));
}

const PERSON = ['request_run', 'cancel_run', 'approve_run', 'reject_run'];

/** Sends any command the way it comes in reality: a lease with a fence of its own, a report from the daemon. */
export function send(store: Store, runId: string, command: RunCommand) {
  if (PERSON.includes(command.type)) return ask(store, runId, command as PersonCommand);
  if (command.type === 'report_lease') return leaseFor(store, runId);
  return store.ledger.report(runId, command as Exclude<RunCommand, PersonCommand>, 'trace');
}

function leaseFor(store: Store, runId: string) {
  return store.ledger.act(entry('lease_slot', runId), (tx) => {
    const slot = store.leases.firstFree();
    if (slot === undefined) throw new Error('no slot is free');
    return tx.run(runId, { type: 'report_lease', slot: slot.id, fence: store.leases.nextFence(slot.id), expiresAt: tx.now + 1_800_000 });
  });
}

/** Brings run `n` to a state by the straight way, all of it through the ledger. Its release, if any, is its own. */
export function runAt(
  store: Store,
  state: RunState,
  n = 1,
  request: Partial<Extract<PersonCommand, { type: 'request_run' }>['request']> = {},
): Run {
  const runId = runIdOf(n);
  for (const command of roadTo(state)) {
    const fence = store.queries.find(runId)?.fence;
    const own = {
      ...command,
      ...('fence' in command && fence !== undefined ? { fence } : {}),
      ...('releaseId' in command ? { releaseId: releaseIdOf(n) } : {}),
      ...(command.type === 'request_run' ? { request: { ...command.request, ...request } } : {}),
    } as RunCommand;
    const committed = send(store, runId, own);
    if (!committed.ok) throw new Error(`${command.type}: ${committed.refusal.message}`);
  }
  return store.queries.find(runId)!;
}

export const releaseIdOf = (n: number): string => `rel_${String(n).padStart(26, '0')}`;

/** How many rows a table has. */
export function count(store: { db: Db }, table: string): number {
  return (store.db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;
}

/** The path of the ledger's file. */
export const ledgerFile = (folder: string): string => join(folder, 'ledger.db');
