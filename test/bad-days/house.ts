import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { DoorReply } from '#shared/api.ts';
import type { Run, RunState } from '#shared/run.ts';
import {
  approve,
  type DaemonProcess,
  endEverything,
  freePort,
  must,
  startDaemon,
  stateFolder,
  untilReleases,
  untilState,
} from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';
import { get, type ProductionProbe, probeProduction } from '../support/production-probe.ts';
import { type ScriptedModel, type Step, startScriptedModel } from '../support/scripted-model.ts';

type Environment = Readonly<Record<string, string>>;
export type Status = DoorReply<'status'>;

/** Long enough for a loaded machine, short enough that what never ends ends here. */
const WAIT_MS = 30_000;
/** Beats often, so that a wrong clock is met at once. */
const ALWAYS = { slots: [{}, {}], lease: { heartbeatMs: 100 }, smoke: { core: ['/'] } };

/** One app, one state folder, one production: the bad days come and go, and it goes on. */
export interface House {
  readonly app: GeneratedApp;
  readonly model: ScriptedModel;
  readonly state: string;
  readonly ports: { control: number; gateway: number };
  readonly probe: ProductionProbe;
  /** Every request that was acknowledged, with the key it was sent with. */
  readonly acknowledged: readonly { id: string; key: string; prompt: string }[];
  daemon(): DaemonProcess;
  /** The daemon under these host settings; another one is started where they differ from what runs. */
  host(env?: Environment): Promise<void>;
  /** Stops the daemon; `host` starts it again. */
  stop(): Promise<void>;
  /** Puts these settings beside the usual ones on the person's main. */
  settings(extra?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Sends a request that the model answers so. */
  ask(steps: readonly Step[]): Promise<Run>;
  /** The usual change: other words. */
  edit(): { steps: readonly Step[]; words: string };
  ready(steps?: readonly Step[]): Promise<Run>;
  merge(run: Run): Promise<Run>;
  until(runId: string, ...states: RunState[]): Promise<Run>;
  /** Waits until the run waits for something, and answers what it says. */
  waits(run: Run): Promise<Run>;
  status(): Promise<Status>;
  /** Waits for a banner with these words. */
  banner(words: RegExp): Promise<string>;
  /** Waits until no banner says so any more. */
  noBanner(words: RegExp): Promise<void>;
  inStep(): Promise<void>;
  production(path?: string): Promise<string>;
  skew(ms: number): void;
  /** How many runs were merged so far. */
  merges(): number;
  /** Asks git of the daemon's own repository. */
  control(...args: string[]): string;
  end(): Promise<void>;
}

export async function openHouse(): Promise<House> {
  const deploy = { upstream: 'manual', watchMs: 0 };
  const app = generateApp({ settings: ALWAYS });
  const plain = JSON.parse(app.git('show', 'main:codex-builder.jsonc')) as Record<string, Record<string, unknown>>;
  const usual: Record<string, unknown> = { ...plain, deploy: { ...plain['deploy'], ...deploy, health: { path: '/up', timeoutMs: 8_000 } } };
  let written = JSON.stringify(usual, null, 2);
  app.commit('codex-builder.jsonc', written);
  const model = await startScriptedModel({});
  const state = stateFolder();
  const ports = { control: await freePort(), gateway: await freePort() };
  // A person who has told git no name, and a clock that can be set.
  const home = mkdtempSync(join(tmpdir(), 'cb-days-'));
  const skewFile = join(home, 'skew');
  writeFileSync(skewFile, '0');
  const always: Environment = {
    HOME: home,
    CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: model.baseUrl,
    CODEX_BUILDER_UPSTREAM_LOOK_MS: '150',
    SKEW_FILE: skewFile,
    NODE_OPTIONS: `--import=${join(import.meta.dirname, 'skewed-clock.mjs')}`,
  };
  const acknowledged: { id: string; key: string; prompt: string }[] = [];
  let count = 0;
  let merges = 0;
  let given: Environment = {};
  let daemon: DaemonProcess | undefined = await startDaemon({ repo: app.repo, state, ports, env: { ...always } });
  await untilReleases(daemon, (releases) => releases[0]?.state === 'live');
  const probe = probeProduction(ports.gateway, '/');

  const control = (...args: string[]) => execFileSync('git', [`--git-dir=${state}/control.git`, ...args], { encoding: 'utf8' }).trim();
  const poll = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: WAIT_MS, interval: 25 });
  const status = () => must(house.daemon().client.call('status', {}));
  const house: House = {
    app,
    model,
    state,
    ports,
    probe,
    acknowledged,
    daemon: () => daemon!,
    async host(env = {}) {
      if (daemon !== undefined && JSON.stringify(env) === JSON.stringify(given)) return;
      await house.stop();
      given = env;
      daemon = await startDaemon({ repo: app.repo, state, ports, env: { ...always, ...env } });
    },
    async stop() {
      await daemon?.interrupt();
      daemon = undefined;
    },
    async settings(extra = {}) {
      const text = JSON.stringify({ ...usual, ...extra }, null, 2);
      if (text === written) return;
      await house.inStep();
      app.commit('codex-builder.jsonc', text);
      written = text;
    },
    async ask(steps) {
      const name = `bad-day-${++count}`;
      model.teach(name, steps);
      const prompt = `SCENARIO=${name}`;
      const { run } = await must(house.daemon().client.call('createRun', { body: { prompt }, key: name }));
      acknowledged.push({ id: run.id, key: name, prompt });
      return run;
    },
    edit() {
      const to = `words-${count + 1}`;
      return { steps: changeWords(app, control('show', `main:${app.file}`), to), words: to };
    },
    ready: async (steps) => house.until((await house.ask(steps ?? house.edit().steps)).id, 'needs_approval'),
    async merge(run) {
      await must(approve(house.daemon(), run));
      const merged = await house.until(run.id, 'merged');
      merges++;
      return merged;
    },
    until: (runId, ...states) => untilState(house.daemon(), runId, ...states),
    async waits(run) {
      const find = async () => (await must(house.daemon().client.call('getRun', { params: { id: run.id } }))).run;
      await poll(async () => (await find()).reason?.code).toBeDefined();
      return find();
    },
    status,
    async banner(wanted) {
      const find = async () => (await status()).banners.find(({ text }) => wanted.test(text))?.text;
      await poll(find).toBeDefined();
      return (await find())!;
    },
    noBanner: (unwanted) => poll(async () => (await status()).banners.filter(({ text }) => unwanted.test(text))).toEqual([]),
    inStep: () =>
      poll(async () => [(await status()).upstream.state, app.git('rev-parse', 'main') === control('rev-parse', 'main')]).toEqual([
        'in_step',
        true,
      ]),
    production: async (path = '/') => (await get(ports.gateway, 'app.localhost', path)).text,
    skew: (ms) => writeFileSync(skewFile, String(ms)),
    merges: () => merges,
    control,
    async end() {
      await probe.stop();
      await endEverything(state, app.repo, home);
      await model.close();
    },
  };
  return house;
}
