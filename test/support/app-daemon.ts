import { type DaemonProcess, endEverything, freePorts, startDaemon, stateFolder, untilReleases } from './daemon-process.ts';
import { type AppOptions, type GeneratedApp, generateApp } from './generated-app.ts';
import { type Scenarios, type ScriptedModel, type Step, startScriptedModel } from './scripted-model.ts';

/** A daemon as people start it, with a scripted model behind its agent. */
export interface RepositoryDaemon {
  model: ScriptedModel;
  /** The one that was started last. */
  daemon: DaemonProcess;
  state: string;
  ports: { control: number; gateway: number };
  /** What the daemon is started with beside what every process has. */
  env: Record<string, string>;
  /** After it ended or was killed: another one for the same repository, at the same place. */
  again(): Promise<DaemonProcess>;
  /** Ends all of it, and removes the state and the repository. */
  end(): Promise<void>;
}

/** The same, on an app that exists nowhere else. */
export interface AppDaemon extends RepositoryDaemon {
  app: GeneratedApp;
}

type Script = Scenarios | readonly Step[];

interface StartOptions {
  env?: Record<string, string>;
  /** Before the daemon is started for the first time. */
  prepare?: (state: string) => void;
  /** False: nobody waits until its first release is live, which it may never become. */
  untilLive?: boolean;
}

export interface AppDaemonOptions extends AppOptions, StartOptions {
  /** What the model says, once the app is known. */
  script?: (app: GeneratedApp) => Script;
}

/** Starts it on a generated app, and waits until its first release is live. */
export async function startAppDaemon({ script, ...options }: AppDaemonOptions = {}): Promise<AppDaemon> {
  const app = generateApp(options);
  const live = await startDaemonOn(app.repo, { ...options, script: script?.(app) ?? {} });
  return Object.assign(live, { app });
}

/** Starts it on somebody's repository. What was started is gone when it fails. */
export async function startDaemonOn(
  repo: string,
  { script = {}, env: own, prepare, untilLive = true }: StartOptions & { script?: Script } = {},
): Promise<RepositoryDaemon> {
  const model = await startScriptedModel(script);
  const state = stateFolder();
  const env = { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: model.baseUrl, ...own };
  const end = async () => {
    await endEverything(state, repo);
    await model.close();
  };
  try {
    prepare?.(state);
    const ports = await freePorts();
    const start = () => startDaemon({ repo, state, ports, env });
    const live: RepositoryDaemon = {
      model,
      daemon: await start(),
      state,
      ports,
      env,
      async again() {
        live.daemon = await start();
        return live.daemon;
      },
      end,
    };
    if (untilLive) await untilReleases(live.daemon, (releases) => releases[0]?.state === 'live');
    return live;
  } catch (error) {
    await end();
    throw error;
  }
}
