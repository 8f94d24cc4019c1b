import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { socketKey } from '#shared/pairing.ts';
import type { Settings } from './config/settings.ts';
import { createSettingsAt } from './config/settings-at.ts';
import type { Budgets } from './core/budget.ts';
import { normaliseCode, pairCode } from './core/pair-code.ts';
import type { ProductionSeen } from './core/production-seen.ts';
import type { UpstreamSeen } from './core/upstream-seen.ts';
import { createHandlers } from './effects/handlers.ts';
import { createLeaseKeeper } from './effects/lease-keeper.ts';
import type { Parts } from './effects/parts.ts';
import { codebaseMap } from './effects/prepare-worktree.ts';
import { createPreviewEnds } from './effects/preview-ends.ts';
import { createReadiness, neededParts } from './effects/readiness.ts';
import { recover } from './effects/recover.ts';
import { createUpkeep } from './effects/upkeep.ts';
import { createWorker } from './effects/worker.ts';
import { createDoorStore } from './http/door-store.ts';
import { accessDoors } from './http/doors/access.ts';
import { briefDoor } from './http/doors/brief.ts';
import { descentDoors } from './http/doors/descent.ts';
import type { DoorParts } from './http/doors/parts.ts';
import { releaseDoors } from './http/doors/releases.ts';
import { runDoors } from './http/doors/runs.ts';
import { sourceDoor } from './http/doors/sources.ts';
import { statusDoor } from './http/doors/status.ts';
import { upstreamDoors } from './http/doors/upstream.ts';
import { metricsText } from './http/metrics-text.ts';
import { createHttp } from './http/server.ts';
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
  PreviewData,
  Previewer,
  Repository,
  Sandbox,
  SourceFinder,
  TokenUsage,
} from './ports.ts';
import { openLedgerFile } from './store/open.ts';
import { openStore, type Store } from './store/open-store.ts';

/** Everything a daemon is made of; `main` opens the adapters, tests bring their own arrangement of real ones. */
export interface DaemonParts {
  stateFolder: string;
  migrationsFolder: string;
  pageFolder: string;
  app: { name: string; repo: string; productionUrl: string; copyOf?: string };
  port: number;
  clock: Clock;
  ids: Ids;
  log: Log;
  host: Host;
  sandbox: Sandbox;
  dependencies: Dependencies;
  environment: HostEnvironment;
  agent: AgentEngine & { close(): Promise<void> };
  demo: boolean;
  /** Requests a demo model understands. */
  examples: readonly string[];
  repository: Repository;
  sources: SourceFinder;
  previewer: Previewer;
  previewData: PreviewData;
  deployer: Deployer;
  gateway: Gateway;
  secrets: readonly string[];
  diskFloorBytes: number;
  upstreamLookMs: number;
  stallMs: number;
  budgets: Budgets;
  costOf(usage: TokenUsage): number | undefined;
}

export type StartOutcome =
  | { ok: true; controlUrl: string; gatewayUrl: string; gatewayAdopted: boolean; pairUrl: string }
  | { ok: false; exit: 75 | 78; detail: string; remedy: string };

export interface Daemon {
  start(): Promise<StartOutcome>;
  stop(): Promise<void>;
}

/** What was last seen outside, for people. */
interface Seen {
  upstream: UpstreamSeen;
  production: ProductionSeen;
}

/** Puts the parts together; starts and stops them in order. */
export function createDaemon(given: DaemonParts): Daemon {
  const { stateFolder, clock, ids, log, repository, sandbox, gateway, previewer, deployer, agent } = given;
  const running: (() => Promise<void> | void)[] = [];

  async function start(): Promise<StartOutcome> {
    const refuse = (exit: 75 | 78, detail: string, remedy: string): StartOutcome => ({ ok: false, exit, detail, remedy });
    const opened = openLedgerFile(stateFolder, given.migrationsFolder, clock.now());
    if (!opened.ok) return refuse(opened.why === 'locked' ? 75 : 78, opened.detail, opened.remedy);
    running.push(opened.close);

    const repo = await repository.open();
    if (!repo.ok) return refuse(78, repo.detail, repo.remedy);
    const settingsAt = createSettingsAt(repository);
    // Settings that were mended upstream while we were down count.
    const synced = await repository.syncFromUpstream(AbortSignal.timeout(SYNC_MS));
    const onMain = await settingsAt(synced.main);
    if (!onMain.ok) {
      const remedy = onMain.isMissing
        ? `Have it written and committed: scripts/codex-builder init --yes --repo ${given.app.repo}. Then start again.`
        : 'Mend codex-builder.jsonc, commit it to main, and start again.';
      return refuse(78, onMain.problems.join('\n  '), remedy);
    }
    const { settings } = onMain;
    const broken = await sandbox.selfTest();
    if (broken.length > 0) {
      return refuse(
        78,
        broken.map(({ promise, found }) => `The sandbox does not hold: ${promise} (${found}).`).join('\n  '),
        broken[0]!.remedy,
      );
    }
    const slots = settings.slots.map((_, index) => `preview-${index + 1}`);
    const ensured = await gateway.ensure({ previewHosts: slots.map((slot) => new URL(previewer.urlOf(slot)).hostname) });
    if (!ensured.ok) return refuse(78, ensured.detail, ensured.remedy);

    const store = openStore({ db: opened.db, stateFolder, clock, secrets: given.secrets, queueLimit: () => settings.limits.queue, log });
    store.leases.configure(settings.slots.length);
    const seen: Seen = { upstream: { state: 'unknown' }, production: {} };
    const parts = partsOf(store, settings, seen, settingsAt);
    const worker = createWorker(parts, createHandlers(parts), () => settings.limits.agents);
    const upkeep = createUpkeep(parts);
    const keeper = createLeaseKeeper(parts, { ...settings.lease, runMs: settings.timeouts.runMs });

    const controlUrl = `http://127.0.0.1:${given.port}`;
    const http = createHttp({
      port: given.port,
      clock,
      ids,
      log,
      pageFolder: given.pageFolder,
      ...doorsOf(store, settings, settingsAt, seen, controlUrl, keeper.keep),
    });
    const listening = await http.start();
    if (!listening.ok) {
      // One that was there before serves production; one that we have just started would be left behind.
      if (!ensured.adopted) await gateway.shutDown();
      return refuse(78, listening.detail, listening.remedy);
    }
    running.push(() => http.stop());

    await recover(parts, synced);
    const previewEnds = createPreviewEnds(parts);
    previewer.onEnded((_slot, runId, detail) => previewEnds.ended(runId, detail));
    running.push(async () => {
      keeper.stop();
      previewEnds.stop();
      await Promise.all([worker.stop(), upkeep.stop()]);
      await Promise.all(store.leases.active().map((lease) => previewer.stop(lease.slot_id)));
      await agent.close();
    });
    worker.start();
    keeper.start();
    upkeep.start();

    await writeCliToken(store);
    writeDurable(
      join(stateFolder, 'daemon.json'),
      JSON.stringify({ pid: process.pid, startTime: ownStartTime(), url: controlUrl, gateway: ensured.url }),
    );
    running.push(() => rmSync(join(stateFolder, 'daemon.json'), { force: true }));
    return {
      ok: true,
      controlUrl,
      gatewayUrl: ensured.url,
      gatewayAdopted: ensured.adopted,
      pairUrl: `${controlUrl}/codex#code=${newPairCode(store)}`,
    };
  }

  function partsOf(store: Store, settings: Settings, seen: Seen, settingsAt: Parts['settingsAt']): Parts {
    return {
      ...store,
      ...given,
      settingsAt,
      ...seen,
      folders: {
        state: stateFolder,
        worktree: (slot) => join(stateFolder, 'slots', slot, 'app'),
        data: (slot) => join(stateFolder, 'slots', slot, 'data'),
        gate: join(stateFolder, 'gate', 'app'),
        codexHome: (runId) => join(stateFolder, 'codex', runId),
      },
      freeze(why) {
        store.ledger.act({ actor: 'daemon', action: 'freeze', subject: 'flags', traceId: ids.randomHex(16), payload: { why } }, (tx) => {
          store.flags.setFreeze(true, why);
          tx.hint('status');
        });
      },
      limits: {
        diskFloorBytes: given.diskFloorBytes,
        upstreamLookMs: given.upstreamLookMs,
        leaseTtlMs: settings.lease.idleTtlMs,
        stallMs: given.stallMs,
        budgets: given.budgets,
      },
    };
  }

  function doorsOf(
    store: Store,
    settings: Settings,
    settingsAt: Parts['settingsAt'],
    seen: Seen,
    controlUrl: string,
    keepLeases: () => void,
  ) {
    const { provider, separateUser } = sandbox.capabilities;
    const notices: DoorParts['notices'] = [
      ...(given.app.copyOf === undefined
        ? []
        : [{ level: 'info' as const, text: `This is a copy of ${given.app.copyOf}. Start with --repo PATH for an app of your own.` }]),
      ...(provider === 'none'
        ? [{ level: 'error' as const, text: 'There is no sandbox: what agents write runs with all your rights.' }]
        : []),
      ...(provider !== 'none' && !separateUser
        ? [{ level: 'info' as const, text: 'The sandbox runs as the same OS user as the daemon.' }]
        : []),
    ];
    const doorParts: DoorParts = {
      ...store,
      agent,
      repository,
      sources: given.sources,
      previewer,
      deployer,
      gateway,
      clock,
      ids,
      ...seen,
      notices,
      app: {
        name: given.app.name,
        productionUrl: given.app.productionUrl,
        controlUrl,
        sandbox: provider,
        demo: given.demo,
        examples: given.examples,
      },
      idleTtlMs: settings.lease.idleTtlMs,
      keepLeases,
    };
    return {
      handlers: {
        ...runDoors(doorParts),
        ...descentDoors(doorParts),
        ...releaseDoors(doorParts),
        ...accessDoors(doorParts),
        ...upstreamDoors(doorParts),
        ...briefDoor(doorParts, { settingsAt, codebaseMap: (commit) => codebaseMap(repository, commit) }),
        ...statusDoor(doorParts),
        ...sourceDoor(doorParts),
      },
      store: createDoorStore(doorParts, {
        readiness: createReadiness(neededParts({ ...given, ...store, ...seen, folders: { state: stateFolder }, limits: given }), clock),
        metrics: () => metricsText(store),
      }),
    };
  }

  /** The first device of the ledger: the owner, through the command line of this user. */
  async function writeCliToken(store: Store): Promise<void> {
    const file = join(stateFolder, 'cli-token');
    const known = readIfThere(file);
    if (known !== undefined && store.devices.byHash(sha256(known)) !== undefined) return;
    const secret = ids.randomHex(32);
    const key = await socketKey(secret);
    store.ledger.act({ actor: 'daemon', action: 'cli_token', subject: 'owner', traceId: ids.randomHex(16), payload: {} }, (tx) => {
      store.devices.addUser({ id: ids.next('usr'), name: 'owner', role: 'admin', at: tx.now });
      const userId = store.devices.user('owner')!.id;
      store.devices.add({
        id: ids.next('dev'),
        userId,
        name: 'command line',
        kind: 'cli',
        secretHash: sha256(secret),
        socketKey: key,
        at: tx.now,
      });
    });
    writeDurable(file, secret);
  }

  function newPairCode(store: Store): string {
    const code = pairCode(ids.randomHex(16));
    store.ledger.act({ actor: 'daemon', action: 'pair_code', subject: 'owner', traceId: ids.randomHex(16), payload: {} }, (tx) => {
      store.devices.addCode({ hash: sha256(normaliseCode(code)), user: 'owner', role: 'admin', expiresAt: tx.now + 300_000, at: tx.now });
    });
    return code;
  }

  return {
    start,
    async stop() {
      for (const end of running.splice(0).reverse()) await end();
    },
  };
}

/** Start of this process in clock ticks since boot (proc(5), field 22): a recycled number is told from us by it. */
function ownStartTime(): string {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
}

/** How long a start waits for the person's repository. */
const SYNC_MS = 60_000;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function writeDurable(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}
