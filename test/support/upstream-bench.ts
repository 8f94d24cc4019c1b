import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { DoorReply } from '#shared/api.ts';
import type { Run } from '#shared/run.ts';
import { startAppDaemon } from './app-daemon.ts';
import { approve, type DaemonProcess, must, request, untilReleases, untilState } from './daemon-process.ts';
import { changeWords } from './edits.ts';
import type { GeneratedApp } from './generated-app.ts';
import { get } from './production-probe.ts';

/** A check that waits, while a file says so, until the test puts another one into the gate's tree. */
const HOLDING = `node -e "const fs = require('fs'); if (!fs.existsSync('hold.txt')) process.exit(0); fs.writeFileSync('holding', ''); const look = () => fs.existsSync('go') ? process.exit(0) : setTimeout(look, 20); look()"`;

type Status = DoorReply<'status'>;
type Releases = DoorReply<'listReleases'>['releases'];
type Content = Readonly<Record<string, string>>;

/** A daemon as people start it, on a generated app whose repository somebody works in beside it. */
export interface UpstreamBench {
  app: GeneratedApp;
  state: string;
  gatewayPort: number;
  daemon(): DaemonProcess;
  /** Starts another one, after the one before was killed. */
  restart(): Promise<void>;
  status(): Promise<Status>;
  banner(words: RegExp): Promise<Status['banners'][number] | undefined>;
  untilStatus(holds: (now: Status) => boolean): Promise<Status>;
  releases(): Promise<Releases>;
  /** Commits of the releases that people's own commits got, newest first. */
  upstreamCommits(): Promise<readonly string[]>;
  /** Waits until the newest release is of this commit and in this state. */
  untilNewest(commit: string, state: 'live' | 'failed'): Promise<Releases>;
  production(path?: string): Promise<string>;
  /** Tip of the person's main, or another revision. */
  tip(revision?: string): string;
  /** Tip of the daemon's main, or what another of its refs points at. */
  control(ref?: string): string;
  /** Puts commits on the person's main at once, as a push does: each look sees all of them or none. Answers the last one. */
  push(...contents: readonly Content[]): string;
  /** Replaces the last commit of the person's main. */
  amend(content: Content, message: string): string;
  /** Puts a run where it waits for approval. */
  ready(from: string, to: string): Promise<Run>;
  /** Has a run merged while the person's checkout is dirty with this content, so that their main stays behind. */
  landAhead(from: string, to: string, dirty: Content): Promise<Run>;
  /** Settles when the gate holds on `hold.txt`. */
  held(): Promise<void>;
  /** Lets the gate on once it holds. */
  letOn(): Promise<void>;
  end(): Promise<void>;
}

export async function openUpstreamBench(settings: Record<string, unknown> = {}): Promise<UpstreamBench> {
  const live = await startAppDaemon({
    checks: [{ name: 'holding', command: HOLDING, timeoutMs: 20_000 }],
    settings,
    env: { CODEX_BUILDER_UPSTREAM_LOOK_MS: '200' },
  });
  const { app, model, state, ports } = live;
  let { daemon } = live;

  const holding = join(state, 'gate/app/holding');
  const tip = (revision = 'main') => app.git('rev-parse', revision);
  const status = () => must(daemon.client.call('status', {}));
  const releases = async () => (await must(daemon.client.call('listReleases', {}))).releases;
  const write = (content: Content) => {
    for (const [path, text] of Object.entries(content)) {
      mkdirSync(dirname(join(app.repo, path)), { recursive: true });
      writeFileSync(join(app.repo, path), text);
    }
  };
  const publish = () => {
    app.git('branch', '-q', '-f', 'main', 'side');
    app.git('checkout', '-q', 'main');
    return tip();
  };
  const bench: UpstreamBench = {
    app,
    state,
    gatewayPort: ports.gateway,
    daemon: () => daemon,
    async restart() {
      rmSync(holding, { force: true }); // what a killed gate left there would be taken for the next one holding
      daemon = await live.again();
    },
    status,
    banner: async (words) => (await status()).banners.find(({ text }) => words.test(text)),
    async untilStatus(holds) {
      let now = await status();
      const look = async () => {
        now = await status();
        return holds(now);
      };
      await expect.poll(look, { timeout: 40_000, interval: 50 }).toBe(true);
      return now;
    },
    releases,
    upstreamCommits: async () => (await releases()).filter(({ kind }) => kind === 'upstream').map(({ commit }) => commit),
    untilNewest: (commit, wanted) => untilReleases(daemon, ([newest]) => newest?.commit === commit && newest.state === wanted),
    production: async (path = app.route) => (await get(ports.gateway, 'app.localhost', path)).text,
    tip,
    control: (ref = 'refs/heads/main') => app.git('ls-remote', `${state}/control.git`, ref).slice(0, 40),
    push(...contents) {
      app.git('checkout', '-q', '-B', 'side', 'main');
      for (const content of contents) {
        write(content);
        app.git('add', '-A');
        app.git('commit', '-q', '--allow-empty', '-m', `Change ${Object.keys(content).join(' and ')}`);
      }
      return publish();
    },
    amend(content, message) {
      app.git('checkout', '-q', '-B', 'side', 'main');
      write(content);
      app.git('add', '-A');
      app.git('commit', '-q', '--amend', '-m', message);
      return publish();
    },
    async ready(from, to) {
      model.teach(to, changeWords(app, from, to));
      return untilState(daemon, (await request(daemon, `SCENARIO=${to}`)).id, 'needs_approval');
    },
    async landAhead(from, to, dirty) {
      const run = await bench.ready(from, to);
      write(dirty);
      await must(approve(daemon, run));
      const merged = await untilState(daemon, run.id, 'merged');
      await bench.untilStatus(({ upstream }) => upstream.state === 'ahead');
      return merged;
    },
    held: () => expect.poll(() => existsSync(holding), { timeout: 20_000, interval: 20 }).toBe(true),
    async letOn() {
      await bench.held();
      rmSync(holding);
      writeFileSync(join(state, 'gate/app/go'), '');
    },
    end: live.end,
  };
  return bench;
}
