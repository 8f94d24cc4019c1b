import type { Settings } from '../config/settings.ts';
import type { Budgets } from '../core/budget.ts';
import type { ReportCommand } from '../core/commands.ts';
import type { Effect } from '../core/effects.ts';
import type { ProductionSeen } from '../core/production-seen.ts';
import type { Run } from '../core/run.ts';
import type { UpstreamSeen } from '../core/upstream-seen.ts';
import type {
  AgentEngine,
  Clock,
  Dependencies,
  Deployer,
  Gateway,
  Host,
  HostEnvironment,
  Ids,
  Log,
  LogSink,
  PreviewData,
  Previewer,
  Repository,
  Sandbox,
  SourceFinder,
  TokenUsage,
} from '../ports.ts';
import type { Artifacts } from '../store/artifacts.ts';
import type { Flags } from '../store/flags.ts';
import type { Leases } from '../store/leases.ts';
import type { Committed, Ledger } from '../store/ledger.ts';
import type { Logs } from '../store/logs.ts';
import type { Outbox } from '../store/outbox.ts';
import type { Progress } from '../store/progress.ts';
import type { Queries } from '../store/queries.ts';
import type { Releases } from '../store/releases.ts';

/** Settings of the app at a commit, or everything that is wrong with them. */
export type SettingsAt = (commit: string) => Promise<{ ok: true; settings: Settings } | { ok: false; problems: readonly string[] }>;

/** Where things lie in the state folder. */
export interface Folders {
  state: string;
  /** Git worktree of a slot. */
  worktree(slot: string): string;
  /** Preview data of a slot. */
  data(slot: string): string;
  /** Worktree of the gate. */
  gate: string;
  /** CODEX_HOME of a thread: a run and its revisions. */
  codexHome(runId: string): string;
}

/** Merging is frozen because something needs a person. */
export type Freeze = (why: string) => void;

/** Everything a hand may use. */
export interface Parts {
  ledger: Ledger;
  queries: Queries;
  outbox: Outbox;
  leases: Leases;
  releases: Releases;
  flags: Flags;
  progress: Progress;
  artifacts: Artifacts;
  logs: Logs;
  repository: Repository;
  sources: SourceFinder;
  sandbox: Sandbox;
  dependencies: Dependencies;
  environment: HostEnvironment;
  agent: AgentEngine;
  previewer: Previewer;
  previewData: PreviewData;
  deployer: Deployer;
  gateway: Gateway;
  host: Host;
  clock: Clock;
  ids: Ids;
  log: Log;
  settingsAt: SettingsAt;
  folders: Folders;
  freeze: Freeze;
  /** Dollars for tokens, when prices are configured. */
  costOf(usage: TokenUsage): number | undefined;
  upstream: UpstreamSeen;
  production: ProductionSeen;
  limits: { diskFloorBytes: number; upstreamLookMs: number; leaseTtlMs: number; stallMs: number; budgets: Budgets };
}

/** The run moved on while the effect worked: its report was refused, and there is nothing left for it to do. */
export class Superseded extends Error {}

/** The effect was stopped (run ended, daemon stopping) before it could report. */
export class Interrupted extends Error {}

/** What one running effect may do beside its ports. */
export interface Context {
  signal: AbortSignal;
  /** States what was seen. Throws Superseded when refused, Interrupted when stopped. */
  report(command: ReportCommand): Run;
  /** The last report: the effect is done in the same transaction. */
  finish(command: ReportCommand): Run;
  /** As `finish`, but a refusal is an answer. */
  tryReport(command: ReportCommand): Committed;
  /** Opens a log of the run. */
  openLog(name: string): LogSink;
}

/** `wait`: it cannot begin yet and is tried again when something changed. */
export type Handled = 'done' | 'wait';

/** An effect of a run: read, act through a port, report. */
export type RunHandler = (run: Run, context: Context, effect: Effect) => Promise<Handled>;

/** An effect that belongs to no run. */
export type DaemonHandler = (effect: Effect, signal: AbortSignal) => Promise<Handled>;
