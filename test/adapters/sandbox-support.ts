import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { openSandbox, type SandboxOptions } from '../../daemon/adapters/sandbox/open-sandbox.ts';
import type { ProcessOutcome, Sandbox, SandboxRequest } from '../../daemon/ports.ts';

const SOURCES = fileURLToPath(new URL('../../daemon/adapters/', import.meta.url));
export const LAUNCHER_PATH = join(SOURCES, 'sandbox/launcher.mjs');
export const isRoot = process.getuid?.() === 0;

/** A sandbox on a state folder like the daemon's: 0700 and ours. */
export interface TestSandbox {
  sandbox: Sandbox;
  /** The closed state folder. */
  state: string;
  /** Its `app` folder, owned by `seat`'s user and mounted at `/app` by {@link TestSandbox.request}. */
  app: string;
  tag: string;
  request(overrides: Partial<SandboxRequest> & Pick<SandboxRequest, 'argv'>): SandboxRequest;
  /** Runs to the end and answers what it wrote to stdout. */
  read(overrides: Partial<SandboxRequest> & Pick<SandboxRequest, 'argv'>): Promise<{ text: string; outcome: ProcessOutcome }>;
  remove(): Promise<void>;
}

export async function openTestSandbox(overrides: Partial<SandboxOptions> = {}, seat = 1): Promise<TestSandbox> {
  const state = mkdtempSync('/var/tmp/sandbox-test-');
  const opened = await openSandbox({
    folder: join(state, 'sandbox'),
    nodePath: process.execPath,
    launcherPath: LAUNCHER_PATH,
    log: () => {},
    ...overrides,
  });
  if (!opened.ok) throw new Error(`${opened.detail}: ${opened.remedy}`);
  const { sandbox } = opened;
  const app = join(state, 'app');
  mkdirSync(app);
  await sandbox.own(app, seat);
  const tag = `test-${process.pid}-${state.slice(-6)}`;
  const request: TestSandbox['request'] = (given) => ({
    tag: `${tag}/attempt/1`,
    seat,
    cwd: '/app',
    mounts: [{ host: app, inside: '/app', mode: 'rw' }],
    env: {},
    net: { kind: 'none' },
    timeoutMs: 15_000,
    signal: new AbortController().signal,
    ...given,
  });
  return {
    sandbox,
    state,
    app,
    tag,
    request,
    read: async (given) => {
      let text = '';
      const onStdout = (chunk: Buffer) => {
        text += chunk.toString();
      };
      return { outcome: await sandbox.run(request({ onStdout, ...given })), text };
    },
    remove: async () => {
      const left = await sandbox.sweep(tag);
      await sandbox.wipe(app);
      rmSync(state, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`processes left behind: ${left.join(', ')}`);
    },
  };
}

/** Waits for a fact; fails when it has not become true in time. */
export async function until<T>(fact: () => T | undefined | false, withinMs = 5_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = fact();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`not true within ${withinMs} ms: ${fact}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Waits until a file that a confined program writes says something. */
export async function untilFile(path: string, withinMs?: number): Promise<void> {
  await until(() => existsSync(path), withinMs);
}

/** Makes one plain JavaScript file of a script and what it imports, to be run by a node of its own. */
export function bundle(script: string, outfile: string): void {
  buildSync({
    stdin: { contents: script, resolveDir: dirname(fileURLToPath(import.meta.url)), loader: 'ts' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outfile,
    logLevel: 'error',
  });
}
