import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openRepository } from '../../daemon/adapters/git/open-repository.ts';
import { createSlotCleaner, quarantine } from '../../daemon/effects/quarantine.ts';
import { realIds } from '../gateway/parts.ts';
import { runAt, runIdOf, send, temporaryStore } from '../store/temporary-store.ts';
import { generateApp } from '../support/generated-app.ts';

/** A store, a control repository and slots on disk; what previewer and sandbox cannot end is what the test says. */
async function setup() {
  const store = temporaryStore({ slots: 2 });
  const app = generateApp();
  onTestFinished(() => rmSync(app.repo, { recursive: true, force: true }));
  const repository = openRepository({
    upstream: { kind: 'path', path: app.repo },
    gitDir: join(store.folder, 'control.git'),
    indexFolder: join(store.folder, 'index'),
    mainBranch: 'main',
    clock: store.clock,
    log: () => {},
    env: { path: '/usr/bin:/bin' },
  });
  expect(await repository.open()).toMatchObject({ ok: true });
  const swept: string[] = [];
  const survivors: number[] = [];
  const worktree = (slot: string) => join(store.folder, 'slots', slot, 'app');
  const parts = {
    ...store,
    repository,
    ids: realIds,
    log: () => {},
    folders: { worktree },
    previewer: { stop: async () => [] as number[] },
    sandbox: {
      sweep: async (tag: string) => {
        swept.push(tag);
        return survivors;
      },
    },
  } as unknown as Parameters<typeof createSlotCleaner>[0];
  const look = createSlotCleaner(parts);
  let hints = 0;
  store.ledger.subscribe((publication) => {
    hints += publication.hints.filter((hint) => hint === 'slots').length;
  });
  const slot = () => store.leases.slots().find(({ id }) => id === 'preview-1')!;
  return {
    store,
    parts,
    worktree,
    swept,
    survivors,
    slot,
    hints: () => hints,
    look: () => look(new AbortController().signal),
    startAnew: () => createSlotCleaner(parts)(new AbortController().signal),
  };
}

test('a slot that could not be cleaned is cleaned again ever less often, says why and when, and is free once it is clean', async () => {
  const { store, parts, worktree, slot, look, hints } = await setup();
  // A file where the folder of its slot belongs.
  mkdirSync(join(store.folder, 'slots'));
  writeFileSync(join(store.folder, 'slots/preview-1'), 'in the way');
  quarantine(parts, 'preview-1', 'It was dirty.');
  expect([slot().reason, hints(), store.leases.firstFree()?.id]).toEqual(['It was dirty.', 1, 'preview-2']);

  const reasons: string[] = [];
  const triedAt: number[] = [];
  for (let second = 0; second < 3_600; second += 5) {
    await look();
    if (slot().reason !== reasons.at(-1)) {
      reasons.push(slot().reason!);
      triedAt.push(second);
    }
    store.clock.advance(5_000);
  }
  expect(triedAt).toEqual([0, 15, 45, 105, 225, 465, 945, 1_845, 2_745]);
  expect(reasons[0]).toMatch(/Cleaned again 1×, the next time at \d\d:\d\d:\d\d UTC\.$/);
  expect(reasons[1]).toMatch(/Cleaned again 2×/);
  expect(reasons[1]).not.toMatch(/again 1×/);
  expect([slot().state, store.leases.firstFree()?.id]).toEqual(['quarantined', 'preview-2']);

  rmSync(join(store.folder, 'slots/preview-1'));
  mkdirSync(worktree('preview-1'), { recursive: true });
  writeFileSync(join(worktree('preview-1'), 'left-behind'), 'x');
  store.clock.advance(900_000);
  const before = hints();
  await look();
  expect([slot(), hints() - before]).toMatchObject([{ state: 'ready', reason: null }, 1]);
  expect(store.leases.firstFree()?.id).toBe('preview-1');
  expect(readdirSync(worktree('preview-1'))).toContain('codex-builder.jsonc');
  expect(existsSync(join(worktree('preview-1'), 'left-behind'))).toBe(false);
});

test('LSE-05 whoever held the slot leaves no process, a run that holds it is left alone, and a start tries at once', async () => {
  const { store, parts, slot, look, startAnew, swept, survivors } = await setup();
  runAt(store, 'needs_approval', 1);
  quarantine(parts, 'preview-1', 'Found unclean.');
  await look();
  expect([slot().reason, swept]).toEqual(['Found unclean.', []]);
  send(store, runIdOf(1), { type: 'cancel_run' });

  survivors.push(4_711);
  await look();
  expect(slot()).toMatchObject({ state: 'quarantined', reason: expect.stringContaining('4711') });
  expect(swept).toEqual([runIdOf(1)]);
  survivors.pop();
  await look();
  expect(slot().state, 'not yet: it was tried a moment ago').toBe('quarantined');
  await startAnew();
  expect(slot().state).toBe('ready');
});
