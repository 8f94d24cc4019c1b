import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join, posix } from 'node:path';
import type {
  Clock,
  Dependencies,
  Deployer,
  GatewayState,
  Log,
  LogSink,
  ProcessOutcome,
  ReleaseSpec,
  ReleaseStart,
  Repository,
  Sandbox,
  StartOutcome,
} from '../../ports.ts';
import { httpProbe } from '../http-probe.ts';
import { killTagged } from '../process-facts.ts';
import { runProgram } from '../spawn.ts';
import { awaitHealth } from './await-health.ts';
import { dropOldLogs } from './old-logs.ts';
import { type Confine, migrationEnvironment, openProductionHome, PRODUCTION_SEAT, productionProgram } from './production-home.ts';
import { openReleaseRing, type RingEntry } from './release-ring.ts';

/** What deploying asks of the gateway. */
export interface ReleaseControl {
  state(): Promise<GatewayState>;
  startRelease(request: ReleaseStart): Promise<{ ok: true; port: number; pid: number } | { ok: false; detail: string }>;
  swap(
    releaseId: string,
    expectLive: string | undefined,
  ): Promise<{ end: 'switched' | 'not_running' } | { end: 'moved'; live: string | undefined }>;
  retire(keepWarm: readonly string[]): Promise<void>;
  stopRelease(releaseId: string): Promise<void>;
}

export interface DeployerOptions {
  stateFolder: string;
  sandbox: Sandbox;
  repository: Pick<Repository, 'checkout'>;
  /** Gives a release what it needs besides its commit. Absent: the commit is all there is. */
  dependencies?: Pick<Dependencies, 'provide' | 'mountsAt'>;
  gateway: ReleaseControl;
  /** Where production is reached: the gateway's port and the Host header that means production. */
  production: { port: number; authority: string };
  /** Environment that production's programs start from, at least PATH. */
  baseEnv: Readonly<Record<string, string>>;
  /** Keeps production's programs from everything of the daemon but their folder and data. Absent: they have the daemon's own rights. */
  confine?: Confine | undefined;
  clock: Clock;
  log: Log;
}

const TAIL_BYTES = 4 * 1024;
const BUILD_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Deploys on this machine: releases in a ring of folders, run by the gateway, health before traffic. */
export function openDeployer(options: DeployerOptions): Deployer {
  const { sandbox, repository, gateway, clock, production } = options;
  const home = openProductionHome(options.stateFolder);
  const ring = openReleaseRing(join(options.stateFolder, 'releases'));
  const logs = join(options.stateFolder, 'logs', 'releases');
  const logFileOf = (releaseId: string) => join(logs, `${releaseId}.log`);

  async function build(spec: ReleaseSpec, command: string, folder: string, log: LogSink, signal: AbortSignal): Promise<string | undefined> {
    const tag = `deploy/${spec.releaseId}/build`;
    const survivors = await sandbox.sweep(tag);
    if (survivors.length > 0) return `processes of an earlier build cannot be ended: ${survivors.join(', ')}`;
    await sandbox.own(folder, 0);
    const outcome = await sandbox.run({
      tag,
      seat: 0,
      argv: ['/bin/sh', '-c', command],
      cwd: posix.join('/app', spec.appFolder ?? '.'),
      mounts: [{ host: folder, inside: '/app', mode: 'rw' }, ...(options.dependencies?.mountsAt(folder, 'app') ?? [])],
      env: { ...spec.env, NODE_ENV: 'production', CI: '1' },
      net: { kind: 'none' },
      log,
      timeoutMs: spec.timeoutMs,
      outputBytes: BUILD_OUTPUT_BYTES,
      signal,
    });
    return troubleOf(outcome);
  }

  /** The release's folder gets files of its own, so that it runs on whatever becomes of what they were copied from. */
  async function provide(spec: ReleaseSpec, folder: string, log: LogSink, signal: AbortSignal): Promise<string | undefined> {
    if (spec.setup === undefined || options.dependencies === undefined) return undefined;
    await sandbox.own(folder, 0);
    const outcome = await options.dependencies.provide({
      ...spec.setup,
      tag: `deploy/${spec.releaseId}/setup`,
      seat: 0,
      worktree: folder,
      commit: spec.commit,
      trusted: true,
      place: 'within',
      again: async () => {
        const checkout = await repository.checkout({ folder, at: spec.commit, signal });
        if (!checkout.ok) throw new Error(checkout.detail);
      },
      log,
      signal,
    });
    if (outcome.end === 'ready') return undefined;
    const how = outcome.process === undefined ? undefined : troubleOf({ ...outcome.process, stderrTail: '' });
    return how === undefined ? outcome.detail : `${how}: ${outcome.detail}`;
  }

  /** Once per release: the note that it ran is durable before the release is started. Cut off in between it runs again, which a migration must bear. */
  async function migrate(
    spec: ReleaseSpec,
    command: string,
    entry: RingEntry,
    log: LogSink,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const tag = `deploy/${spec.releaseId}/migrate`;
    const survivors = await killTagged(tag);
    if (survivors.length > 0) return `processes of an earlier migration cannot be ended: ${survivors.join(', ')}`;
    const program = productionProgram(command, entry.folder, spec, home, options);
    const outcome = await runProgram({
      argv: program.argv,
      cwd: program.cwd,
      env: migrationEnvironment(program, spec, home, tag),
      onStdout: (chunk) => log.write(chunk),
      onStderr: (chunk) => log.write(chunk),
      timeoutMs: spec.timeoutMs,
      signal,
    });
    const trouble = troubleOf(outcome);
    if (trouble === undefined) ring.put({ ...entry, migrated: true });
    return trouble;
  }

  async function isRunning(releaseId: string): Promise<boolean> {
    return (await gateway.state()).releases.some((release) => release.releaseId === releaseId && release.running);
  }

  async function isLive(releaseId: string): Promise<boolean> {
    return (await gateway.state()).live?.releaseId === releaseId;
  }

  /** Runs it, or takes the one that runs, and waits until it is healthy; one that is not is stopped unless it has the traffic. */
  async function launch(spec: ReleaseSpec, entry: RingEntry, log: LogSink, signal: AbortSignal): Promise<StartOutcome> {
    const started = await gateway.startRelease({
      releaseId: spec.releaseId,
      commit: spec.commit,
      ...productionProgram(spec.start, entry.folder, spec, home, options),
      envFile: home.envFile,
      logFile: logFileOf(spec.releaseId),
    });
    const failed = (step: 'start' | 'health', detail: string): StartOutcome => {
      const tail = tailOf(logFileOf(spec.releaseId));
      log.write(`${detail}\n${tail}\n`);
      return { end: 'failed', step, detail: tail === '' ? detail : `${detail}; its last words:\n${tail}` };
    };
    if (!started.ok) return failed('start', started.detail);
    const { port, pid } = started;
    const health = await awaitHealth({ port, pid, authority: production.authority, ...spec.health }, clock, signal);
    if (health.healthy) return { end: 'healthy', port, pid };
    if (!(await isLive(spec.releaseId))) await gateway.stopRelease(spec.releaseId);
    return failed(health.step, health.detail);
  }

  return {
    async prepare(spec, log, signal) {
      const found = ring.entryOf(spec.releaseId);
      if (found && found.commit === spec.commit) return { end: 'prepared', folder: found.folder };
      const { releases, live } = await gateway.state();
      const busy = new Set(releases.filter(({ running }) => running).map(({ releaseId }) => releaseId));
      if (live) busy.add(live.releaseId);
      dropOldLogs(logs, busy);
      const folder = ring.take(busy);
      if (folder === undefined) return { end: 'failed', step: 'checkout', detail: 'every release folder is in use' };
      const checkout = await repository.checkout({ folder, at: spec.commit, signal });
      if (!checkout.ok) return { end: 'failed', step: 'checkout', detail: checkout.detail };
      const unready = await provide(spec, folder, log, signal);
      if (unready !== undefined) return { end: 'failed', step: 'setup', detail: unready };
      const trouble = spec.build === undefined ? undefined : await build(spec, spec.build, folder, log, signal);
      if (trouble !== undefined) return { end: 'failed', step: 'build', detail: trouble };
      ring.put({ folder, releaseId: spec.releaseId, commit: spec.commit, preparedAt: clock.now(), migrated: false });
      return { end: 'prepared', folder };
    },
    async start(spec, { migrate: wanted }, log, signal) {
      const entry = ring.entryOf(spec.releaseId);
      if (!entry) return { end: 'failed', step: 'start', detail: 'the release is not prepared' };
      const runs = await isRunning(spec.releaseId);
      if (options.confine !== undefined && !runs) {
        for (const folder of [entry.folder, home.dataDir]) await sandbox.own(folder, PRODUCTION_SEAT);
      }
      if (wanted && spec.migrate !== undefined && !entry.migrated && !runs) {
        const trouble = await migrate(spec, spec.migrate, entry, log, signal);
        if (trouble !== undefined) return { end: 'failed', step: 'migrate', detail: trouble };
      }
      return launch(spec, entry, log, signal);
    },
    switchTo: (releaseId, expectLive) => gateway.swap(releaseId, expectLive),
    live: async () => (await gateway.state()).live?.releaseId,
    retire: (keepWarm) => gateway.retire(keepWarm),
    async discard(releaseId) {
      if (!(await isLive(releaseId))) await gateway.stopRelease(releaseId);
    },
    probe: (path, timeoutMs, signal) =>
      httpProbe({ port: production.port }, { authority: production.authority, path, timeoutMs, ...(signal && { signal }) }),
  };
}

/** Why a program did not do what it was for; undefined when it did. */
function troubleOf(outcome: ProcessOutcome): string | undefined {
  if (outcome.survivors.length > 0) return `processes cannot be ended: ${outcome.survivors.join(', ')}`;
  if (outcome.end === 'exited' && outcome.code === 0) return undefined;
  const how =
    outcome.end === 'exited'
      ? `ended with exit code ${outcome.code}`
      : outcome.end === 'signaled'
        ? `was killed by ${outcome.signal}`
        : outcome.end === 'not_started'
          ? `could not be started: ${outcome.detail}`
          : outcome.end.replaceAll('_', ' ');
  return outcome.stderrTail.trim() === '' ? how : `${how}: ${outcome.stderrTail.trim().slice(-TAIL_BYTES)}`;
}

/** The end of a release's log. Empty when it never wrote. */
function tailOf(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const bytes = Buffer.alloc(TAIL_BYTES);
    const from = Math.max(0, fstatSync(file).size - TAIL_BYTES);
    return bytes
      .subarray(0, readSync(file, bytes, 0, TAIL_BYTES, from))
      .toString('utf8')
      .trim();
  } finally {
    closeSync(file);
  }
}
