import type { Outside } from '../local/doctor/outside.ts';

/** What the command line is given by whoever starts it: the parts it may not open itself. */
export interface Programs {
  /** Of Codex Builder. */
  version: string;
  /** Oldest Node that it runs on, for example `20.19`. */
  oldestNode: string;
  /** What `npm start` runs, for a service to start it. */
  startScript: string;
  /** Migrations of the ledger, as this version knows them. */
  migrationsFolder: string;
  /** Runs the daemon until it is told to stop; answers the exit code. */
  serve(argv: readonly string[]): Promise<number>;
  /** Codex as it is installed with Codex Builder; undefined where it is not. */
  codexBinary(): Promise<string | undefined>;
  /** Looks at this machine through the daemon's own adapters. */
  outside(): Promise<Outside>;
}
