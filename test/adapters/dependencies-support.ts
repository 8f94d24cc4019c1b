import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDependencies } from '../../daemon/adapters/dependencies/open-dependencies.ts';
import type { Dependencies, Sandbox, SetUpOutcome, SetUpRequest, SetupSpec } from '../../daemon/ports.ts';
import { type Content, writeFiles } from '../support/repository.ts';
import { type Fixture, setUp as setUpRepository } from './git-support.ts';
import { openTestSandbox, type TestSandbox } from './sandbox-support.ts';

/** Dependencies of a real repository, made in a real sandbox. */
export interface DependencyBench {
  git: Fixture;
  box: TestSandbox;
  dependencies: Dependencies;
  /** The shelf's folder. */
  root: string;
  /** Checks a commit out in the slot and provides for it; answers what setup wrote to its log. */
  provide(
    more: Partial<Omit<SetUpRequest, 'setup'>> & { setup: Partial<SetupSpec>; slot?: number },
  ): Promise<{ outcome: SetUpOutcome; log: string; worktree: string }>;
  /** Runs a script in the worktree of a slot with what it was provided with. */
  look(script: string, slot?: number): Promise<string>;
  /** A commit on main of the person. */
  commit(content: Content): Promise<string>;
  /** A commit of a run on top of main. */
  change(content: Content): Promise<string>;
  write(content: Content): void;
  now: { ms: number };
  close(): Promise<void>;
}

export async function openDependencyBench(
  content: Content,
  more: {
    sandbox?: (sandbox: Sandbox) => Sandbox;
    provider?: 'none';
    limits?: { unusedMs: number; maxBytes: number };
    registry?: { hosts: readonly string[]; caFile?: string };
  } = {},
): Promise<DependencyBench> {
  const git = await setUpRepository(content);
  const box = await openTestSandbox(more.provider === undefined ? {} : { provider: more.provider });
  const sandbox = more.sandbox?.(box.sandbox) ?? box.sandbox;
  const now = { ms: Date.now() };
  let runs = 0;
  const dependencies = openDependencies({
    stateFolder: box.state,
    sandbox,
    repository: git.repository,
    registry: more.registry ?? { hosts: [] },
    nodePath: process.execPath,
    limits: more.limits ?? { unusedMs: 1_000_000, maxBytes: 1e12 },
    clock: { now: () => now.ms, elapsed: () => performance.now(), after: () => () => {} },
    ids: { randomHex: (bytes) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex') },
    log: () => {},
  });
  const worktreeOf = (slot: number) => join(box.state, 'slots', String(slot), 'app');
  const seatOf = (slot: number) => slot;
  return {
    git,
    box,
    dependencies,
    root: join(box.state, 'dependencies'),
    now,
    async provide({ slot = 1, setup, commit = git.main, ...given }) {
      const worktree = worktreeOf(slot);
      const again = async () => {
        const ready = await git.repository.checkout({ folder: worktree, at: commit, signal: new AbortController().signal });
        if (!ready.ok) throw new Error(ready.detail);
        await sandbox.own(worktree, seatOf(slot));
      };
      await again();
      let log = '';
      const outcome = await dependencies.provide({
        tag: `${box.tag}/attempt/setup-${slot}`,
        seat: seatOf(slot),
        worktree,
        commit,
        trusted: true,
        setup: { env: {}, appFolder: '.', network: 'none', keep: [], inputs: [], copies: [], ...setup },
        env: {},
        place: 'beside',
        again,
        timeoutMs: 60_000,
        log: {
          write: (chunk) => {
            log += chunk.toString();
          },
          close: async () => {},
        },
        signal: new AbortController().signal,
        ...given,
      });
      return { outcome, log, worktree };
    },
    async look(script, slot = 1) {
      const worktree = worktreeOf(slot);
      const { text } = await box.read({
        argv: ['sh', '-c', `exec 2>&1; ${script}`],
        seat: seatOf(slot),
        mounts: [{ host: worktree, inside: '/app', mode: 'rw' }, ...dependencies.mountsAt(worktree, 'app')],
      });
      return text;
    },
    async commit(files) {
      git.person.commit(files);
      const synced = await git.repository.syncFromUpstream(new AbortController().signal);
      return synced.main;
    },
    change: (files) => git.change(files, { runId: `run_${String(++runs).padStart(26, '0')}` }),
    write(files) {
      mkdirSync(join(box.state, 'env'), { recursive: true });
      writeFiles(join(box.state, 'env'), files);
    },
    async close() {
      await box.sandbox.wipe(join(box.state, 'slots'));
      await box.sandbox.wipe(join(box.state, 'dependencies'));
      await box.remove();
      git.cleanUp();
    },
  };
}
