import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSettingsAt } from '../../daemon/config/settings-at.ts';
import { forbiddenPaths } from '../../daemon/effects/forbidden-paths.ts';
import type { Context, Parts } from '../../daemon/effects/parts.ts';
import { takeSnapshot } from '../../daemon/effects/take-snapshot.ts';
import { type Fixture, never, setUp } from '../adapters/git-support.ts';
import { openTestSandbox, type TestSandbox } from '../adapters/sandbox-support.ts';
import { ANSWER } from '../core/road.ts';
import { runAt, send, temporaryStore } from '../store/temporary-store.ts';
import { writeFiles } from '../support/repository.ts';

let fixture: Fixture;
let sandbox: TestSandbox;
const settings = (paths?: object) =>
  JSON.stringify({ preview: { command: 'x' }, deploy: { start: 'x' }, ...(paths === undefined ? {} : { policy: { paths } }) });

beforeEach(async () => {
  sandbox = await openTestSandbox();
});
afterEach(async () => {
  await sandbox.remove();
  fixture.cleanUp();
});

/** Takes the snapshot of a run whose agent left these files, on a main with these path rules. */
async function snapshotOf(paths: object | undefined, files: Record<string, string | null>) {
  fixture = await setUp({ 'codex-builder.jsonc': settings(paths), 'src/a.ts': 'a\n', 'ops/run.sh': 'x\n' });
  const { repository, main } = fixture;
  const store = temporaryStore();
  const settingsAt = createSettingsAt(repository);
  const planned = runAt(store, 'planning');
  const [fence, runId] = [planned.fence!, planned.id];
  const worktree = join(fixture.root, 'slots/one');
  const ready = await repository.checkout({ folder: worktree, at: main, branch: planned.branch, signal: never });
  if (!ready.ok) throw new Error(ready.detail);
  const startTree = await repository.treeOf(main);
  for (const command of [
    { type: 'report_worktree', fence, baseCommit: main, worktree, brief: '1'.repeat(64), startCommit: main, startTree },
    { type: 'report_data', fence, seedVersion: 'seed-1', kind: 'none' },
    { type: 'report_attempt_started', fence, attempt: 1 },
    { type: 'report_answer', fence, attempt: 1, answer: ANSWER, inputTokens: 1, outputTokens: 1 },
  ] as const)
    expect(send(store, runId, command)).toMatchObject({ ok: true });
  writeFiles(worktree, files);

  const parts = { repository, settingsAt, sandbox: sandbox.sandbox, queries: store.queries } as Parts;
  const finish: Context['finish'] = (command) => {
    const committed = send(store, runId, command);
    if (!committed.ok) throw new Error(committed.refusal.message);
    return committed.run;
  };
  const run = store.queries.find(runId)!;
  await takeSnapshot(parts)(run, { finish, signal: never } as Context, undefined as never);
  return {
    run: store.queries.find(runId)!,
    head: await repository.head(run.branch),
    again: (commit: string) => forbiddenPaths(parts, run.baseCommit!, commit),
  };
}

test('a change outside of what is allowed ends the run before anything of it is tested; its work is kept', async () => {
  const { run, head, again } = await snapshotOf({ allow: ['src/**'] }, { 'src/a.ts': 'b\n', 'ops/run.sh': 'rm -rf /\n', 'new.txt': 'n\n' });
  expect(run).toMatchObject({
    state: 'failed',
    reason: { code: 'PATH_NOT_ALLOWED', detail: expect.stringContaining('may not: new.txt, ops/run.sh.') },
  });
  expect(run.headCommit).toBeUndefined();
  expect(await fixture.repository.readFile(head!, 'ops/run.sh')).toBe('rm -rf /\n');
  expect(await again(head!)).toBe(run.reason!.detail);
});

test('POL-07 the rules are those of main: a change cannot lift them', async () => {
  const { run } = await snapshotOf({ deny: ['OPS/**'] }, { 'codex-builder.jsonc': settings(), 'ops/run.sh': null });
  expect(run.reason).toMatchObject({ code: 'PATH_NOT_ALLOWED', detail: expect.stringContaining('may not: ops/run.sh.') });
});

test.each([[undefined], [{ allow: ['src/**', 'ops/*.sh'], deny: ['**/*.pem'] }]])(
  'with the rules %j an allowed change goes on',
  async (paths) => {
    const { run, head } = await snapshotOf(paths, { 'src/a.ts': 'b\n', 'ops/run.sh': 'y\n' });
    expect(run).toMatchObject({ state: 'testing', headCommit: head });
  },
);
