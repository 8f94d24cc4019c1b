import { startAppDaemon } from '../support/app-daemon.ts';
import type { DaemonProcess } from '../support/daemon-process.ts';
import type { GeneratedApp } from '../support/generated-app.ts';
import { get } from '../support/production-probe.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
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
  const own = await startAppDaemon({ settings });
  const { app, model, state, ports } = own;
  const run: Live['run'] = (argv, options) => runCli([...argv, '--state', state], options);
  const live: Live = {
    app,
    model,
    daemon: own.daemon,
    run,
    async startAgain() {
      live.daemon = await own.again();
    },
    async json(argv, options) {
      const said = await run([...argv, '--json'], options);
      if (said.code !== 0) throw new Error(`${argv.join(' ')} ended with ${said.code}: ${said.err}`);
      return JSON.parse(said.out);
    },
    production: async () => (await get(ports.gateway, 'app.localhost', app.route)).text,
    end: own.end,
  };
  return live;
}
