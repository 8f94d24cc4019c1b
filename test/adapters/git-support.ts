import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openRepository } from '../../daemon/adapters/git/open-repository.ts';
import type { CommitIdentity, Repository } from '../../daemon/ports.ts';
import { type Content, makeRepository, type TestRepository, temporaryFolder, writeFiles } from '../support/repository.ts';

export const IDENTITY: CommitIdentity = { name: 'Codex Builder', email: 'codex@example.test', at: 1_700_000_000_000 };
export const RUN = 'run_00000000000000000000000001';
export const BRANCH = `codex/run-${RUN}`;
export const never = new AbortController().signal;

/** A repository port on a fresh upstream, opened; `cleanUp` removes everything. */
export interface Fixture {
  root: string;
  person: TestRepository;
  repository: Repository;
  main: string;
  /** Opens the same control repository again, as a restarted daemon does. */
  reopen(): Repository;
  /** Checks out a slot at main, writes into it, and snapshots it on the run's branch; answers the head. */
  change(content: Content, options?: { base?: string; runId?: string }): Promise<string>;
  cleanUp(): void;
}

export function openAt(root: string, upstream: string): Repository {
  return openRepository({
    upstream: { kind: 'path', path: upstream },
    gitDir: join(root, 'state', 'control.git'),
    indexFolder: join(root, 'state', 'index'),
    mainBranch: 'main',
    clock: { now: Date.now, elapsed: () => performance.now(), after: () => () => {} },
    log: () => {},
    env: { path: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
}

export async function setUp(content: Content = { 'a.txt': 'one\ntwo\nthree\n', 'b.txt': 'b\n' }): Promise<Fixture> {
  const { folder: root, cleanUp } = temporaryFolder();
  const person = makeRepository(join(root, 'app'), content);
  const repository = openAt(root, person.folder);
  const opened = await repository.open();
  if (!opened.ok) throw new Error(opened.detail);
  let slots = 0;
  return {
    root,
    person,
    repository,
    main: opened.main,
    reopen: () => openAt(root, person.folder),
    async change(files, { base = opened.main, runId = RUN } = {}) {
      const folder = join(root, 'slots', String(++slots));
      const branch = `codex/run-${runId}`;
      const ready = await repository.checkout({ folder, at: base, branch, signal: never });
      if (!ready.ok) throw new Error(ready.detail);
      writeFiles(folder, files);
      const taken = await repository.snapshot({
        folder,
        base,
        branch,
        message: `change\n\nCodex-Run: ${runId}\n`,
        identity: IDENTITY,
        signal: never,
      });
      if (taken.end !== 'committed') throw new Error(JSON.stringify(taken));
      return taken.commit;
    },
    cleanUp,
  };
}

/** Lock files anywhere in a folder. */
export function locksIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith('.lock'));
}
