import { type DaemonProcess, endEverything, freePort, startDaemon, stateFolder, untilReleases } from './daemon-process.ts';
import { type AppOptions, type GeneratedApp, generateApp } from './generated-app.ts';
import { type Scenarios, type ScriptedModel, startScriptedModel } from './scripted-model.ts';

/** A daemon as people start it, on an app that exists nowhere else, with a scripted model behind its agent. */
export interface AppDaemon {
  app: GeneratedApp;
  model: ScriptedModel;
  /** The one that was started last. */
  daemon: DaemonProcess;
  state: string;
  ports: { control: number; gateway: number };
  /** What the daemon is started with beside what every process has. */
  env: Record<string, string>;
  /** After it ended or was killed: another one for the same app, at the same place. */
  again(): Promise<DaemonProcess>;
  end(): Promise<void>;
}

export interface AppDaemonOptions extends AppOptions {
  /** What the model says, once the app is known. */
  script?: (app: GeneratedApp) => Scenarios;
  env?: Record<string, string>;
  /** Before the daemon is started for the first time. */
  prepare?: (state: string) => void;
  /** False: its first release cannot become live. */
  goesLive?: boolean;
}

/** Starts it, and waits until its first release is live. */
export async function startAppDaemon({
  script,
  env: own,
  prepare,
  goesLive = true,
  ...options
}: AppDaemonOptions = {}): Promise<AppDaemon> {
  const app = generateApp(options);
  const model = await startScriptedModel(script?.(app) ?? {});
  const state = stateFolder();
  prepare?.(state);
  const ports = { control: await freePort(), gateway: await freePort() };
  const env = { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: model.baseUrl, ...own };
  const start = () => startDaemon({ repo: app.repo, state, ports, env });
  const whole: AppDaemon = {
    app,
    model,
    daemon: await start(),
    state,
    ports,
    env,
    async again() {
      whole.daemon = await start();
      return whole.daemon;
    },
    async end() {
      await endEverything(state, app.repo);
      await model.close();
    },
  };
  if (goesLive) await untilReleases(whole.daemon, (releases) => releases[0]?.state === 'live');
  return whole;
}
