import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findCodexBinary } from './adapters/codex/binary.ts';
import { type CodexEngineOptions, openCodexEngine } from './adapters/codex/engine.ts';
import { costOf } from './adapters/codex/meter.ts';
import { openDependencies } from './adapters/dependencies/open-dependencies.ts';
import { findCaFile } from './adapters/dependencies/registry.ts';
import { openDeployer } from './adapters/deploy/open-deployer.ts';
import { openGateway } from './adapters/gateway/open-gateway.ts';
import { openRepository } from './adapters/git/open-repository.ts';
import { openPreviewer } from './adapters/preview/open-previewer.ts';
import { openPreviewData } from './adapters/preview-data/open-preview-data.ts';
import { openSandbox } from './adapters/sandbox/open-sandbox.ts';
import { openSourceFinder } from './adapters/sources/open-source-finder.ts';
import { systemClock } from './adapters/system/clock.ts';
import { openHostEnvironment, secretsIn } from './adapters/system/env-files.ts';
import { systemHost } from './adapters/system/host.ts';
import { systemIds } from './adapters/system/ids.ts';
import { createLog } from './adapters/system/log.ts';
import { stateFolderOf } from './config/state-folder.ts';
import { loadHostSettings } from './config/variables.ts';
import { createDaemon } from './daemon.ts';

export interface MainOptions {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** Repository to serve when neither --repo nor CODEX_BUILDER_REPO names one. */
  app?: { repo: string; copyOf?: string };
  /** A scripted model that is not a real one; every surface says so. */
  demo?: { name: string; baseUrl: string; examples: readonly string[] };
}

/** Exit codes of the daemon (sysexits.h). */
const EXIT = { clean: 0, usage: 64, internal: 70, inUse: 75, cannot: 78 } as const;

const OPTIONS = {
  repo: { type: 'string' },
  state: { type: 'string' },
  port: { type: 'string' },
  'gateway-port': { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** Runs the daemon until it is told to stop; answers the exit code. */
export async function main({ argv, env, app, demo }: MainOptions): Promise<number> {
  process.umask(0o077);
  const say = (text: string) => process.stderr.write(`${text}\n`);
  let values: ReturnType<typeof parse>;
  try {
    values = parse(argv);
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\nSee npm start -- --help.`);
    return EXIT.usage;
  }
  const own = (name: string) => env[`CODEX_BUILDER_${name}`] || undefined;
  const given = values.repo ?? own('REPO');
  const repoPath = given ?? app?.repo;
  const port = Number(values.port ?? own('PORT') ?? 4400);
  const gatewayPort = Number(values['gateway-port'] ?? own('GATEWAY_PORT') ?? 4401);
  if (repoPath === undefined || !isPort(port) || !isPort(gatewayPort) || port === gatewayPort) {
    say(repoPath === undefined ? 'Name the repository of your app: --repo PATH.' : 'Ports are two different numbers from 1 to 65535.');
    return EXIT.usage;
  }
  const repo = existsSync(repoPath) ? realpathSync(repoPath) : resolve(repoPath);
  const stateFolder = resolve(values.state ?? own('STATE') ?? stateFolderOf(repo, env));
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const cannot = (detail: string, remedy: string) => {
    say(`Cannot start:\n  ${detail}\n${remedy}`);
    return EXIT.cannot;
  };

  const hostFile = join(stateFolder, 'host.jsonc');
  const host = loadHostSettings(existsSync(hostFile) ? readFileSync(hostFile, 'utf8') : '{}', env);
  if (!host.ok) return cannot(host.problems.join('\n  '), `Mend ${hostFile} or the environment.`);
  const settings = host.value;
  const apiKey = own('AGENT_API_KEY') ?? (settings.agent.provider?.envKey === undefined ? undefined : env[settings.agent.provider.envKey]);
  const secrets: string[] = apiKey === undefined ? [] : [apiKey];
  const log = createLog((line) => void process.stderr.write(line), own('LOG_LEVEL') ?? (values.json === true ? 'warn' : 'error'), secrets);
  const signInFolder = join(stateFolder, 'codex-sign-in');
  mkdirSync(signInFolder, { recursive: true, mode: 0o700 });
  const provider: CodexEngineOptions['provider'] =
    settings.agent.signIn === 'chatgpt'
      ? undefined
      : settings.agent.provider !== undefined
        ? { name: settings.agent.provider.name, baseUrl: settings.agent.provider.baseUrl, ...(apiKey === undefined ? {} : { apiKey }) }
        : apiKey !== undefined
          ? { name: 'openai', baseUrl: 'https://api.openai.com/v1', apiKey }
          : demo === undefined || given !== undefined || existsSync(join(signInFolder, 'auth.json'))
            ? undefined
            : { name: demo.name, baseUrl: demo.baseUrl, demo: true };

  const codexBinary = findCodexBinary();
  const sandbox = await openSandbox({
    ...(settings.sandbox.provider === undefined ? {} : { provider: settings.sandbox.provider }),
    folder: join(stateFolder, 'run', 's'),
    nodePath: process.execPath,
    launcherPath: beside('launcher.mjs', 'adapters/sandbox/launcher.mjs'),
    ...(codexBinary === undefined ? {} : { bundledBwrap: join(dirname(dirname(codexBinary)), 'codex-resources', 'bwrap') }),
    log,
  });
  if (!sandbox.ok) return cannot(sandbox.detail, sandbox.remedy);

  const environment = openHostEnvironment(stateFolder, secrets);
  secrets.push(...secretsIn(join(stateFolder, 'production', 'env')));
  const domain = settings.gateway.domain ?? 'localhost';
  const urlFor = (slot: string) => `http://${slot.replace('-', '')}.${domain}:${gatewayPort}`;
  const path = env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  const common = { stateFolder, clock: systemClock, log };
  const repository = openRepository({
    ...common,
    upstream: { kind: 'path', path: repo },
    gitDir: join(stateFolder, 'control.git'),
    indexFolder: join(stateFolder, 'index'),
    mainBranch: 'main',
    env: { path, ...(env['SSH_AUTH_SOCK'] === undefined ? {} : { sshAuthSock: env['SSH_AUTH_SOCK'] }) },
  });
  const caFile = settings.sandbox.caFile ?? findCaFile(env);
  if (caFile !== undefined && !existsSync(caFile)) return cannot(`sandbox.caFile: there is no ${caFile}.`, `Mend ${hostFile}.`);
  const dependencies = openDependencies({
    ...common,
    sandbox: sandbox.sandbox,
    repository,
    registry: { hosts: settings.sandbox.registryHosts, ...(caFile === undefined ? {} : { caFile }) },
    nodePath: process.execPath,
    limits: settings.dependencies,
    ids: systemIds,
  });
  const gateway = openGateway({
    ...common,
    command: [process.execPath, ...gatewayProgram()],
    env: { PATH: path, ...(env['HOME'] === undefined ? {} : { HOME: env['HOME'] }) },
    controlSocket: join(stateFolder, 'run', 'gateway.sock'),
    port: gatewayPort,
    domain,
    ...(settings.gateway.codexRedirect ? { controlUrl: `http://127.0.0.1:${port}` } : {}),
  });
  const prices =
    settings.agent.prices === undefined
      ? undefined
      : { inputPerMillion: settings.agent.prices.input, outputPerMillion: settings.agent.prices.output };
  const daemon = createDaemon({
    ...common,
    migrationsFolder: beside('../migrations', '../migrations'),
    pageFolder: beside('page', '../dist/page'),
    app: {
      name: basename(repo),
      repo,
      productionUrl: `http://app.${domain}:${gatewayPort}`,
      ...(app?.copyOf === undefined || given !== undefined ? {} : { copyOf: app.copyOf }),
    },
    port,
    ids: systemIds,
    host: systemHost,
    sandbox: sandbox.sandbox,
    agent: openCodexEngine({
      sandbox: sandbox.sandbox,
      codexBinary,
      relaySocket: join(stateFolder, 'run', 'relay.sock'),
      model: settings.agent.model,
      ...(settings.agent.reasoning === undefined ? {} : { reasoning: settings.agent.reasoning }),
      provider,
      signIn: { folder: signInFolder, hosts: settings.agent.signInHosts },
      commands: settings.agent.commands,
      judgeFolder: beside('judge', 'adapters/codex/judge'),
      ...(prices === undefined ? {} : { prices }),
      clock: systemClock,
      ids: systemIds,
      log,
    }),
    demo: provider?.demo === true,
    examples: provider?.demo === true ? (demo?.examples ?? []) : [],
    repository,
    sources: openSourceFinder({ repository, clock: systemClock }),
    dependencies,
    environment,
    previewer: openPreviewer({
      sandbox: sandbox.sandbox,
      gateway,
      runFolder: join(stateFolder, 'run', 'p'),
      urlFor,
      clock: systemClock,
      log,
    }),
    previewData: openPreviewData({ sandbox: sandbox.sandbox, stateFolder, clock: systemClock, ids: systemIds, log }),
    deployer: openDeployer({
      ...common,
      sandbox: sandbox.sandbox,
      repository,
      dependencies,
      gateway,
      production: { port: gatewayPort, authority: `app.${domain}:${gatewayPort}` },
      baseEnv: { PATH: path },
      ...(sandbox.sandbox.capabilities.provider === 'none' ? {} : { confine: sandbox.releaseCommand }),
    }),
    gateway,
    secrets,
    diskFloorBytes: settings.diskFloorBytes,
    upstreamLookMs: settings.upstream.lookMs,
    stallMs: settings.agent.stallMs,
    budgets: settings.budgets,
    costOf: (usage) => (prices === undefined ? undefined : costOf(usage, prices)),
  });

  const told = new Promise<void>((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop());
  });
  const started = await daemon.start();
  if (!started.ok) {
    await daemon.stop();
    say(`Cannot start:\n  ${started.detail}\n${started.remedy}`);
    return started.exit;
  }
  const { controlUrl, gatewayUrl, pairUrl } = started;
  if (values.json === true) {
    process.stdout.write(
      `${JSON.stringify({ ready: true, control: controlUrl, gateway: gatewayUrl, state: stateFolder, pid: process.pid, open: pairUrl })}\n`,
    );
  } else {
    say(`\n  Codex Builder serves ${repo}${app?.copyOf === undefined || given !== undefined ? '' : ` (a copy of ${app.copyOf})`}`);
    if (provider?.demo === true) say('  The model is a built-in demo: it knows a handful of changes and is not a real model.');
    say(
      `\n  Open        ${pairUrl}\n  Production  ${gatewayUrl}\n  Extension   npm run build, then load dist/extension/chrome-mv3 (or firefox-mv3) as an unpacked extension\n\n  The link pairs one browser and works for five minutes; scripts/codex-builder open prints a new one.\n  Ctrl-C stops the daemon; production stays up.\n`,
    );
  }
  await told;
  await daemon.stop();
  say(`\n  Stopped. Production still runs at ${gatewayUrl}; end it with scripts/codex-builder stop --all.`);
  return EXIT.clean;
}

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, strict: true }).values;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536;
}

/** A file beside the bundle when built, at its place in the sources otherwise. */
function beside(built: string, source: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return join(here, import.meta.url.endsWith('.ts') ? source : built);
}

function gatewayProgram(): readonly string[] {
  return import.meta.url.endsWith('.ts') ? ['--import', 'tsx', beside('', 'gateway/main.ts')] : [beside('gateway.js', '')];
}
