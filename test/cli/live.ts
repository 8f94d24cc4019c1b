import { type DaemonProcess, endEverything, freePort, startDaemon, stateFolder, untilReleases } from '../support/daemon-process.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';
import { get } from '../support/production-probe.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { type CliOptions, runCli, type Said } from './run-cli.ts';

/** A real daemon for an app of its own, and the command line for it. */
export interface Live {
  app: GeneratedApp;
  model: ScriptedModel;
  daemon: DaemonProcess;
  /** Runs a command for this daemon. */
  run(argv: readonly string[], options?: CliOptions): Promise<Said>;
  /** The same with --json; its answer. */
  json<T = Record<string, unknown>>(argv: readonly string[], options?: CliOptions): Promise<T>;
  /** Text of a page in production. */
  production(): Promise<string>;
  /** After the daemon was killed: another one for the same app, at the same place. */
  startAgain(): Promise<void>;
  end(): Promise<void>;
}

/** Starts it, with its first release live. */
export async function startLive(settings: Record<string, unknown> = {}): Promise<Live> {
  const app = generateApp({ settings });
  const model = await startScriptedModel({});
  const state = stateFolder();
  const ports = { control: await freePort(), gateway: await freePort() };
  const start = () => startDaemon({ repo: app.repo, state, ports, env: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: model.baseUrl } });
  const first = await start();
  await untilReleases(first, (releases) => releases[0]?.state === 'live');
  const run: Live['run'] = (argv, options) => runCli([...argv, '--state', state], options);
  const live: Live = {
    app,
    model,
    daemon: first,
    run,
    async startAgain() {
      live.daemon = await start();
    },
    async json(argv, options) {
      const said = await run([...argv, '--json'], options);
      if (said.code !== 0) throw new Error(`${argv.join(' ')} ended with ${said.code}: ${said.err}`);
      return JSON.parse(said.out);
    },
    production: async () => (await get(ports.gateway, 'app.localhost', app.route)).text,
    async end() {
      await endEverything(state, app.repo);
      await model.close();
    },
  };
  return live;
}
