import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { pidsTagged } from '../../daemon/adapters/process-facts.ts';
import { runGit, temporaryFolder } from '../support/repository.ts';
import { type Fixture, locksIn, never, setUp } from './git-support.ts';

let bundle: { folder: string; cleanUp: () => void };
let program: string;
let fixture: Fixture;

beforeAll(async () => {
  bundle = temporaryFolder();
  program = join(bundle.folder, 'git-child.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../support/git-child.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
});
afterAll(() => bundle.cleanUp());
afterEach(() => fixture.cleanUp());

const SLOW_MS = 90_000;
const numbered = (count: number, text: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`many/${index % 20}/file-${index}.txt`, `${text}\n`]));

/** How long the last undisturbed child took from `ready` to its end: kills are spread over that. */
let undisturbedMs = 200;
const sometime = () => Math.random() * undisturbedMs * 0.7;

/** Runs the child to its end, or kills it so many milliseconds after it said `ready`. Answers whether it was done. */
async function child(job: readonly string[], killAfterMs?: number): Promise<boolean> {
  let readyAt = 0;
  const process_: ChildProcess = spawn(process.execPath, [program, fixture.root, fixture.person.folder, ...job], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  process_.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  process_.stdout!.on('data', (chunk: Buffer) => {
    if (readyAt === 0) readyAt = performance.now();
    if (output === '' && killAfterMs !== undefined) setTimeout(() => process_.kill('SIGKILL'), killAfterMs);
    output += chunk.toString();
  });
  const [code, signal] = (await once(process_, 'close')) as [number | null, string | null];
  if (signal === null && code !== 0) throw new Error(errors);
  if (killAfterMs === undefined) undisturbedMs = performance.now() - readyAt;
  return output.endsWith('done\n');
}

test('a checkout that is killed at any point is made whole by the next one', { timeout: SLOW_MS }, async () => {
  fixture = await setUp({ 'a.txt': 'a\n', ...numbered(3_000, 'some text on a line') });
  let kills = 0;
  for (const [round, afterMs] of [5, 15, 40, 90].entries()) {
    const folder = join(fixture.root, `slots/killed-${round}`);
    if (!(await child(['checkout', folder, fixture.main], afterMs))) kills++;
    const again = fixture.reopen();
    expect(await again.open()).toMatchObject({ ok: true });
    expect(pidsTagged(`git:${again.gitDir}`)).toEqual([]);
    expect(await again.checkout({ folder, at: fixture.main, branch: 'codex/run-kill', signal: never })).toEqual({ ok: true });
    expect(runGit(folder, ['status', '--porcelain', '--ignored'])).toBe('');
    expect(readdirSync(join(folder, 'many'))).toHaveLength(20);
  }
  expect(kills).toBeGreaterThanOrEqual(2);
  expect(locksIn(fixture.repository.gitDir)).toEqual([]);
});

test('CRS-04 landing that is killed at any point lands each run exactly once, and main is never anything else', {
  timeout: SLOW_MS,
}, async () => {
  fixture = await setUp();
  const git = (...args: string[]) => runGit('/', ['--git-dir', fixture.repository.gitDir, ...args]);
  const RUNS = 6;
  const heads: string[] = [];
  for (let index = 0; index < RUNS; index++) {
    const head = await fixture.change({ [`new-${index}.txt`]: 'new\n' }, { runId: `kill${index}` });
    heads.push(head);
  }

  let kills = 0;
  const tips = new Set<string>([fixture.main]);
  for (const [index, head] of heads.entries()) {
    for (let tries = 0; ; tries++) {
      expect(tries).toBeLessThan(8);
      // The first try is killed early, so that some strike on a machine that has just become quicker too.
      const afterMs = tries === 0 ? sometime() / 4 : sometime();
      const isDone = await child(['land', `kill${index}`, head], index > 0 && tries < 5 ? afterMs : undefined);
      tips.add(git('rev-parse', 'refs/heads/main'));
      if (isDone) break;
      kills++;
    }
    expect(git('rev-parse', 'refs/heads/main^2')).toBe(head);
    expect(git('rev-parse', `refs/codex-builder/release/rel_kill${index}`)).toBe(git('rev-parse', 'refs/heads/main'));
  }

  const line = git('rev-list', '--first-parent', 'refs/heads/main').split('\n');
  expect(line).toHaveLength(RUNS + 1);
  for (const tip of tips) expect(line).toContain(tip);
  for (const head of heads) expect(git('log', '--format=%P', '--first-parent', 'refs/heads/main').split(head)).toHaveLength(2);
  expect(git('for-each-ref', 'refs/codex-builder/candidate')).toBe('');
  expect(git('fsck', '--full', '--no-dangling')).toBe('');
  expect(locksIn(fixture.repository.gitDir)).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(5);
});

test('branches that are set, archived and proposed to survive a kill at any point, and no commit is lost', {
  timeout: SLOW_MS,
}, async () => {
  fixture = await setUp();
  const { main, root } = fixture;
  const { gitDir } = fixture.repository;
  const git = (...args: string[]) => runGit('/', ['--git-dir', gitDir, ...args]);
  const RUNS = 36;
  const tree = git('rev-parse', `${main}^{tree}`);
  const to = git('commit-tree', '-m', 'to', '-p', main, tree);
  const tips = Array.from({ length: RUNS }, (_, index) => git('commit-tree', '-m', `tip ${index}`, '-p', main, tree));
  const refs = tips.map(
    (tip, index) => `create refs/heads/codex/run-end${index} ${tip}\ncreate refs/heads/codex/run-set${index} ${main}\n`,
  );
  execFileSync('git', ['--git-dir', gitDir, 'update-ref', '--stdin'], { input: refs.join('') });
  const through = (step: string) => {
    const ledger = join(root, `ledger-${step}`);
    return existsSync(ledger) ? Number(readFileSync(ledger, 'utf8')) : 0;
  };

  const proposals = new Map<string, string>();
  const verify = () => {
    const lines = git('for-each-ref', '--format=%(refname) %(objectname)').split('\n');
    const now = new Map(lines.map((line) => line.split(' ') as [string, string]));
    for (const [index, tip] of tips.entries()) {
      const [branch, archive] = [now.get(`refs/heads/codex/run-end${index}`), now.get(`refs/codex-archive/run-end${index}`)];
      expect([tip, undefined]).toContain(branch);
      expect([tip, undefined]).toContain(archive);
      expect(branch ?? archive).toBe(tip);
      if (index < through('archive')) expect([branch, archive]).toEqual([undefined, tip]);
      expect(index < through('set') ? [to] : [main, to]).toContain(now.get(`refs/heads/codex/run-set${index}`));
      const ref = `refs/codex-builder/proposal/p${index}`;
      const proposal = now.get(ref);
      if (index < through('propose')) expect(proposal).toBeDefined();
      if (proposal !== undefined) expect(proposals.set(ref, proposals.get(ref) ?? proposal).get(ref)).toBe(proposal);
    }
  };

  for (const step of ['set', 'propose', 'archive']) {
    await child([step, '0', '5', main, to]);
    let kills = 0;
    for (let tries = 0; through(step) < RUNS; tries++) {
      expect(tries).toBeLessThan(10);
      if (!(await child([step, String(through(step)), String(RUNS), main, to], tries < 8 ? sometime() : undefined))) kills++;
      verify();
    }
    expect(kills).toBeGreaterThanOrEqual(4);
  }
  expect(proposals.size).toBe(RUNS);
  expect(git('fsck', '--full', '--no-dangling')).toBe('');
  expect(locksIn(gitDir)).toEqual([]);
  expect(readdirSync(join(root, 'state/index')).filter((name) => name.startsWith('index-'))).toEqual([]);
});

test("a killed update of the person's checkout is finished by the next one", { timeout: SLOW_MS }, async () => {
  fixture = await setUp(numbered(80, 'first'));
  const { person } = fixture;
  let kills = 0;
  let text = 0;
  for (let round = 0; round < 6; round++) {
    const theirs = person.tip();
    const main = (await fixture.repository.head('refs/heads/main'))!;
    text++;
    const to = await fixture.change(
      { ...numbered(60, `round ${text}`), [`added-${round}/x.txt`]: 'x\n', [`many/${round}/file-${60 + round}.txt`]: null },
      { base: main, runId: `run_bring${round}` },
    );
    await fixture.repository.moveMain({ from: main, to });

    let isDone = await child(['bring'], round === 0 ? undefined : sometime());
    if (!isDone) kills++;
    const tip = person.tip();
    expect([theirs, to]).toContain(tip);
    for (let tries = 0; !isDone && tries < 3; tries++) isDone = await child(['bring']);
    expect(person.tip()).toBe(to);
    expect(person.git('status', '--porcelain')).toBe('');
    expect(locksIn(person.folder)).toEqual([]);
    expect(existsSync(join(person.folder, '.git/index.codex-builder'))).toBe(false);
    expect(readFileSync(join(person.folder, 'many/0/file-0.txt'), 'utf8')).toBe(`round ${text}\n`);
  }
  expect(kills).toBeGreaterThanOrEqual(3);
  expect(person.git('fsck', '--full', '--no-dangling')).toBe('');
});
