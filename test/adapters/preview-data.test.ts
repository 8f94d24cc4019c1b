import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openPreviewData } from '../../daemon/adapters/preview-data/open-preview-data.ts';
import { openSeedShelf } from '../../daemon/adapters/preview-data/seed-shelf.ts';
import type { PreviewData, PreviewDataRequest, Sandbox } from '../../daemon/ports.ts';
import { memoryLog, quietLog, realClock, realIds } from '../gateway/parts.ts';
import { openTestSandbox } from '../gateway/test-sandbox.ts';

/** Tags are found in the whole machine, so no other test may have the same. */
const mine = realIds.randomHex(6);
let root: string;
let state: string;
let sandbox: Sandbox;
let data: PreviewData;
let worktree: string;

/** Makes a database in WAL mode and ends without closing it, so that rows are in the -wal file only. */
const SEED = `
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
fs.appendFileSync('/app/built', 'x');
fs.cpSync('/app/app.db', process.env.DATA_DIR + '/app.db');
fs.cpSync('/app/app.db-wal', process.env.DATA_DIR + '/app.db-wal');
fs.mkdirSync(process.env.DATA_DIR + '/uploads/deep', { recursive: true });
fs.writeFileSync(process.env.DATA_DIR + '/uploads/deep/a.txt', 'a');
`;

beforeAll(async () => {
  root = mkdtempSync('/var/tmp/gws-');
  sandbox = await openTestSandbox(join(root, 'run'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  state = mkdtempSync(join(root, 's-'));
  data = openPreviewData({ sandbox, stateFolder: state, clock: realClock, ids: realIds, log: quietLog });
  worktree = join(state, 'worktree');
  mkdirSync(worktree);
  const source = new Database(join(state, 'source.db'));
  source.pragma('journal_mode = WAL');
  source.exec("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('seeded')");
  for (const part of ['', '-wal']) writeFileSync(join(worktree, `app.db${part}`), readFileSync(join(state, `source.db${part}`)));
  source.close();
  writeFileSync(join(worktree, 'seed.cjs'), SEED);
});

const slotData = (n: number) => join(state, 'slots', `preview-${n}`, 'data');
const request = (n: number, more: Partial<PreviewDataRequest> = {}): PreviewDataRequest => ({
  runId: `run_${mine}_${n}`,
  seat: n,
  worktree,
  dataFolder: slotData(n),
  kind: 'sqlite',
  file: 'app.db',
  seed: 'node seed.cjs',
  seedKey: 'key-1',
  env: {},
  timeoutMs: 20_000,
  log: memoryLog(),
  signal: new AbortController().signal,
  ...more,
});
const builds = () => readFileSync(join(worktree, 'built'), 'utf8').length;
function notes(n: number): string[] {
  const database = new Database(join(slotData(n), 'app.db'));
  const rows = database.prepare('SELECT text FROM notes').pluck().all() as string[];
  database.close();
  return rows;
}

test('the same key is built once, for many slots at once and after a restart; each slot has a whole copy of its own', async () => {
  const all = await Promise.all([1, 2, 3].map((n) => data.reset(request(n))));
  expect(all.every((reset) => reset.ok)).toBe(true);
  expect(new Set(all.map((reset) => reset.ok && reset.seedVersion)).size).toBe(1);
  expect(all[0]).toMatchObject({ seedVersion: expect.stringMatching(/^[0-9a-f]{12}$/), resetAt: expect.any(Number) });
  const restarted = openPreviewData({ sandbox, stateFolder: state, clock: realClock, ids: realIds, log: quietLog });
  expect(await restarted.reset(request(1))).toMatchObject({ ok: true, seedVersion: all[0]!.ok && all[0]!.seedVersion });
  expect(builds()).toBe(1);
  expect([notes(1), notes(2), notes(3)]).toEqual([['seeded'], ['seeded'], ['seeded']]); // the row was in the -wal only
  expect(readFileSync(join(slotData(2), 'uploads/deep/a.txt'), 'utf8')).toBe('a');
  expect(await data.reset(request(1, { seedKey: 'key-2' }))).toMatchObject({ ok: true });
  expect(builds()).toBe(2);
});

test('a reset undoes every write of the slot before, and touches no other slot and not the seed', async () => {
  await data.reset(request(1));
  await data.reset(request(2));
  const write = `node -e "const fs = require('fs'); fs.writeFileSync('/data/app.db', 'garbage'); fs.mkdirSync('/data/locked'); fs.writeFileSync('/data/locked/x', 'x'); fs.chmodSync('/data/locked', 0)"`;
  expect(await data.migrate({ ...request(1), command: write })).toMatchObject({ status: 'applied' });
  expect(existsSync(join(slotData(1), 'locked'))).toBe(true);
  expect(notes(2)).toEqual(['seeded']);
  expect(await data.reset(request(1))).toMatchObject({ ok: true });
  expect(readdirSync(slotData(1)).sort()).toEqual(['app.db', 'app.db-wal', 'uploads']);
  expect(notes(1)).toEqual(['seeded']);
  expect(builds()).toBe(1);
});

test('the data of a slot is not visible to another slot, nor is the kept seed', async () => {
  await data.reset(request(1));
  await data.reset(request(2));
  const look = memoryLog();
  await data.migrate({ ...request(2), command: `ls ${slotData(1)} ${join(state, 'seeds')}; ls /data`, log: look });
  expect(look.text()).toContain('No such file');
  expect(look.text()).not.toContain('uploads\nuploads');
  if (sandbox.capabilities.separateUser) expect(statSync(slotData(1)).uid).not.toBe(statSync(slotData(2)).uid);
  expect(statSync(slotData(1)).mode & 0o777).toBe(0o700);
});

test.each([
  ['fails', 'echo no table >&2; exit 4', {}, 'no table'],
  ['hangs', 'sleep 100', { timeoutMs: 400 }, 'timed out'],
  ['makes no database', 'true', {}, 'app.db'],
  ['leaves a link to a file of the host', 'cp app.db /data/ && ln -s /etc/passwd /data/link', {}, 'neither a file nor a folder'],
] as const)('a seed that %s is an outcome, keeps nothing, and is tried again', async (_how, seed, more, words) => {
  expect(await data.reset(request(1, { seed, ...more }))).toMatchObject({ ok: false, detail: expect.stringContaining(words) });
  expect(readdirSync(join(state, 'seeds'))).toEqual([]);
  expect(await data.reset(request(1))).toMatchObject({ ok: true });
});

test('a seed that somebody else was stopped in the middle of is built for whoever still wants it', async () => {
  const stop = new AbortController();
  const slow = 'sleep 0.5; node seed.cjs';
  const first = data.reset(request(1, { seed: slow, signal: stop.signal }));
  const second = data.reset(request(2, { seed: slow }));
  stop.abort();
  expect(await first).toMatchObject({ ok: false });
  expect(await second).toMatchObject({ ok: true });
});

test('without a seed the folder is empty, and what was there is gone', async () => {
  await data.reset(request(1));
  expect(await data.reset(request(1, { seed: undefined }))).toMatchObject({ ok: true, seedVersion: 'empty' });
  expect(readdirSync(slotData(1))).toEqual([]);
  expect(await data.reset(request(1, { kind: 'none' }))).toMatchObject({ ok: true, seedVersion: 'none' });
});

test('a migration runs on the slot’s copy and its failure is recorded with its words', async () => {
  await data.reset(request(1));
  const good = await data.migrate({ ...request(1), command: 'echo migrated > "$DATA_DIR/migrated"' });
  expect(good).toMatchObject({ status: 'applied', durationMs: expect.any(Number) });
  expect(readFileSync(join(slotData(1), 'migrated'), 'utf8')).toBe('migrated\n');
  expect(await data.migrate({ ...request(1), command: 'echo bad column >&2; exit 1' })).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('bad column'),
  });
  expect(await data.migrate({ ...request(1), command: 'sleep 100', timeoutMs: 300 })).toMatchObject({ status: 'timed_out' });
});

test('eight seeds are kept, by last use; one that is being built or copied stays, and what an earlier daemon left unfinished goes', async () => {
  const seeds = () => readdirSync(join(state, 'seeds'));
  const seed = `node -e "require('fs').writeFileSync(process.env.DATA_DIR + '/app.db', String(Math.random()))"`;
  // Each seat makes its worktree its own, so several at once need several.
  const worktreeOf = (n: number) => join(state, `worktree-${n}`);
  for (const n of [1, 2, 3]) mkdirSync(worktreeOf(n));
  const reset = (key: string, n = 1) => data.reset(request(n, { seed, seedKey: key, worktree: worktreeOf(n) }));
  const left = join(state, 'seeds', 'new-left');
  mkdirSync(join(left, 'made'), { recursive: true });
  writeFileSync(join(left, 'made', 'x'), 'x');
  const first = await reset('key-0');
  expect(seeds()).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  for (let n = 1; n < 8; n += 1) await reset(`key-${n}`);
  expect(seeds()).toHaveLength(8);
  expect(await reset('key-0')).toMatchObject({ seedVersion: first.ok && first.seedVersion });
  const second = await reset('key-8');
  expect(second.ok).toBe(true);
  expect(seeds()).toHaveLength(8);
  expect(await reset('key-0')).toMatchObject({ seedVersion: first.ok && first.seedVersion });
  const held = await Promise.all(['a', 'b', 'c'].map((key, n) => reset(key, n + 1)));
  expect(held).toEqual(held.map(() => expect.objectContaining({ ok: true })));
  expect(seeds()).toHaveLength(8);
  const again = await reset('key-8');
  expect(again.ok && again.seedVersion).toBe(second.ok && second.seedVersion);
}, 60_000);

test('a seed that is being copied is not taken away under the copy', async () => {
  const shelf = openSeedShelf(join(state, 'shelf'), realIds);
  const make = (key: string, at: number) => {
    mkdirSync(shelf.folderOf(key), { recursive: true });
    utimesSync(shelf.folderOf(key), at, at);
  };
  for (let n = 0; n < 10; n += 1) make(`k${n}`, 1_000 + n);
  let release = () => {};
  const copying = shelf.holding('k0', () => new Promise<void>((resolve) => (release = resolve)));
  make('k0', 1); // as if all the others had been used since
  expect(shelf.surplus()).toHaveLength(1);
  expect([existsSync(shelf.folderOf('k0')), existsSync(shelf.folderOf('k1'))]).toEqual([true, false]);
  release();
  await copying;
  make('k0', 1);
  shelf.surplus();
  expect(existsSync(shelf.folderOf('k0'))).toBe(false);
});
