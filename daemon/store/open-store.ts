import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Clock, Log } from '../ports.ts';
import { openArtifacts } from './artifacts.ts';
import { openAudit } from './audit.ts';
import { openDevices } from './devices.ts';
import { openDrafts } from './drafts.ts';
import { openFlags } from './flags.ts';
import { openLeases } from './leases.ts';
import { openLedger } from './ledger.ts';
import { openLogs } from './logs.ts';
import { openOutbox } from './outbox.ts';
import { openProgress } from './progress.ts';
import { openProjections } from './projections.ts';
import { openQueries } from './queries.ts';
import { openReads } from './reads.ts';
import { openReleases } from './releases.ts';
import { openWriteProbe } from './write-probe.ts';

export interface StoreOptions {
  db: Database;
  stateFolder: string;
  clock: Clock;
  /** Values that no log may hold. */
  secrets: readonly string[];
  queueLimit(): number;
  log: Log;
}

/** Every part of the store over one open ledger. */
export function openStore({ db, stateFolder, clock, secrets, queueLimit, log }: StoreOptions) {
  const audit = openAudit(db);
  const outbox = openOutbox(db);
  const leases = openLeases(db);
  const projections = openProjections(db);
  const reads = openReads(db);
  return {
    audit,
    outbox,
    leases,
    reads,
    ledger: openLedger({ db, clock, audit, outbox, projections, reads, leases, queueLimit, log }),
    queries: openQueries(db, clock, reads),
    releases: openReleases(db),
    devices: openDevices(db),
    drafts: openDrafts(db),
    flags: openFlags(db),
    progress: openProgress(db),
    artifacts: openArtifacts(join(stateFolder, 'artifacts')),
    /** Why the ledger cannot be written just now. */
    ledgerTrouble: openWriteProbe(db),
    logs: openLogs(join(stateFolder, 'logs', 'runs'), secrets),
  };
}

export type Store = ReturnType<typeof openStore>;
