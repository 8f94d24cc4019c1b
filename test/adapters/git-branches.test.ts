import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runGit, writeFiles } from '../support/repository.ts';
import { type Fixture, IDENTITY, locksIn, never, setUp } from './git-support.ts';

let fixture: Fixture;
let count = 0;
beforeAll(async () => {
  fixture = await setUp();
});
afterAll(() => fixture.cleanUp());

const git = (...args: string[]) => runGit('/', ['--git-dir', fixture.repository.gitDir, ...args]);
const head = (ref: string) => fixture.repository.head(ref);
/** A commit on main, not yet anybody's branch's. */
const commit = () => fixture.change({ 'c.txt': `${++count}\n` }, { runId: `run_source${count}` });
/** A commit on top of another. */
const onTopOf = (base: string) => fixture.change({ 'd.txt': `${++count}\n` }, { base, runId: `run_source${count}` });
const ODD = [
  'main',
  'refs/heads/main',
  'codex/other',
  'refs/codex-archive/run-x',
  'codex/run-../main',
  'codex/run-x.lock',
  'codex/run-',
  '-x',
  '',
];

describe('setBranch', () => {
  test('points the branch of a run at a commit, from nothing and from anywhere; a repeat changes nothing', async () => {
    const [first, second] = [await commit(), await commit()];
    for (const to of [first, first, second, fixture.main]) {
      await fixture.repository.setBranch({ branch: 'codex/run-run_set', to });
      expect(await head('codex/run-run_set')).toBe(to);
    }
  });

  test('is for the branches of runs and for commits that exist', async () => {
    const before = git('for-each-ref');
    for (const branch of ODD)
      await expect(fixture.repository.setBranch({ branch, to: fixture.main })).rejects.toThrow('not a branch of a run');
    for (const to of ['f'.repeat(40), await fixture.repository.treeOf(fixture.main)])
      await expect(fixture.repository.setBranch({ branch: 'codex/run-run_none', to })).rejects.toThrow('there is no commit');
    for (const to of ['main', 'HEAD', fixture.main.slice(0, 12), '-x', ''])
      await expect(fixture.repository.setBranch({ branch: 'codex/run-run_none', to })).rejects.toThrow('not a full object name');
    expect(git('for-each-ref')).toBe(before);
  });
});

describe('archiveBranch', () => {
  const archived = (run: string) =>
    git('for-each-ref', '--format=%(refname) %(objectname)', `refs/codex-archive/run-${run}*`).split('\n').sort();

  test('moves the branch as it is; a repeat, and a branch that never was, change nothing', async () => {
    const tip = await commit();
    await fixture.repository.setBranch({ branch: 'codex/run-run_end', to: tip });
    for (let times = 0; times < 2; times++) {
      await fixture.repository.archiveBranch('codex/run-run_end');
      expect(await head('codex/run-run_end')).toBeUndefined();
      expect(archived('run_end')).toEqual([`refs/codex-archive/run-run_end ${tip}`]);
    }
    await fixture.repository.archiveBranch('codex/run-run_never');
    expect(archived('run_never')).toEqual(['']);
    for (const branch of ODD) await expect(fixture.repository.archiveBranch(branch)).rejects.toThrow('not a branch of a run');
  });

  test('what a killed one left half done is finished', async () => {
    const tip = await commit();
    await fixture.repository.setBranch({ branch: 'codex/run-run_half', to: tip });
    git('update-ref', 'refs/codex-archive/run-run_half', tip);
    for (const name of ['refs/codex-archive/run-run_half.lock', 'refs/heads/codex/run-run_half.lock', 'packed-refs.lock'])
      writeFileSync(join(fixture.repository.gitDir, name), '');
    await fixture.repository.archiveBranch('codex/run-run_half');
    expect(archived('run_half')).toEqual([`refs/codex-archive/run-run_half ${tip}`]);
    expect(await head('codex/run-run_half')).toBeUndefined();
    expect(locksIn(fixture.repository.gitDir)).toEqual([]);
  });

  test('never loses a commit where the archive holds another: forward, or both', async () => {
    const first = await commit();
    const [later, other] = [await onTopOf(first), await commit()];
    const archiveAt = async (run: string, was: string, tip: string) => {
      git('update-ref', `refs/codex-archive/run-${run}`, was);
      await fixture.repository.setBranch({ branch: `codex/run-${run}`, to: tip });
      for (let times = 0; times < 2; times++) await fixture.repository.archiveBranch(`codex/run-${run}`);
      expect(await head(`codex/run-${run}`)).toBeUndefined();
      return archived(run);
    };
    expect(await archiveAt('run_on', first, later)).toEqual([`refs/codex-archive/run-run_on ${later}`]);
    expect(await archiveAt('run_back', later, first)).toEqual([`refs/codex-archive/run-run_back ${later}`]);
    const both = [`refs/codex-archive/run-run_both ${first}`, `refs/codex-archive/run-run_both.${other} ${other}`];
    expect(await archiveAt('run_both', first, other)).toEqual(both);
    expect(await archiveAt('run_both', first, other)).toEqual(both);
  });

  test('a slot that still stands on the branch takes the next run', async () => {
    const folder = join(fixture.root, 'slots/standing');
    const at = (branch: string) => fixture.repository.checkout({ folder, at: fixture.main, branch, signal: never });
    expect(await at('codex/run-run_gone')).toEqual({ ok: true });
    await fixture.repository.archiveBranch('codex/run-run_gone');
    expect(await at('codex/run-run_next')).toEqual({ ok: true });
    await fixture.repository.archiveBranch('codex/run-run_next');
    expect(await fixture.repository.checkout({ folder, at: fixture.main, signal: never })).toEqual({ ok: true });
    expect(git('fsck', '--full', '--no-dangling')).toBe('');
  });
});

describe('a snapshot of work that goes on', () => {
  const slot = (name: string) => join(fixture.root, 'slots', name);
  const take = (name: string, base: string, parents?: readonly string[], repository = fixture.repository, at = IDENTITY.at) =>
    repository.snapshot({
      folder: slot(name),
      base,
      branch: `codex/run-${name}`,
      message: 'work\n',
      identity: { ...IDENTITY, at },
      signal: never,
      ...(parents === undefined ? {} : { parents }),
    });
  const start = async (name: string, at: string) => {
    expect(await fixture.repository.checkout({ folder: slot(name), at, branch: `codex/run-${name}`, signal: never })).toEqual({ ok: true });
  };
  const taken = async (asked: ReturnType<typeof take>) => {
    const done = await asked;
    if (done.end !== 'committed') throw new Error(JSON.stringify(done));
    return done.commit;
  };

  test('a repair in the same worktree takes the place of the first snapshot, also after a kill between commit and branch', async () => {
    await start('run_repair', fixture.main);
    writeFiles(slot('run_repair'), { 'a.txt': 'first\n' });
    const first = await taken(take('run_repair', fixture.main));
    // As the slot stands while the checks run.
    expect(await fixture.repository.checkout({ folder: slot('run_repair'), at: first, signal: never })).toEqual({ ok: true });
    writeFiles(slot('run_repair'), { 'a.txt': 'second\n' });
    const second = await taken(take('run_repair', fixture.main, undefined, fixture.repository, IDENTITY.at + 5_000));
    expect(git('rev-parse', `${second}^`)).toBe(fixture.main);
    expect(await head('codex/run-run_repair')).toBe(second);
    await fixture.repository.setBranch({ branch: 'codex/run-run_repair', to: first });
    expect(await taken(take('run_repair', fixture.main, undefined, fixture.reopen(), IDENTITY.at + 5_000))).toBe(second);
    expect(await head('codex/run-run_repair')).toBe(second);
  });

  test('has the parents it is given, is judged against its base, and may be repeated and repaired', async () => {
    const [mine, theirs] = [
      await fixture.change({ 'a.txt': 'mine\n' }, { runId: 'run_mine' }),
      await fixture.change({ 'a.txt': 'theirs\n' }, { runId: 'run_theirs' }),
    ];
    const marked = await fixture.repository.buildResolution({ head: mine, main: theirs, message: 'Resolve\n', identity: IDENTITY });
    await start('run_merge', marked.commit);
    expect(await take('run_merge', marked.commit, [mine, theirs])).toEqual({ end: 'empty' });
    writeFiles(slot('run_merge'), { 'a.txt': 'both\n' });
    const first = await taken(take('run_merge', marked.commit, [mine, theirs]));
    expect(git('log', '-1', '--format=%P', first)).toBe(`${mine} ${theirs}`);
    expect(await taken(take('run_merge', marked.commit, [mine, theirs], fixture.reopen()))).toBe(first);
    writeFiles(slot('run_merge'), { 'a.txt': 'both, repaired\n' });
    const second = await taken(take('run_merge', marked.commit, [mine, theirs]));
    expect(await head('codex/run-run_merge')).toBe(second);
    expect(git('log', '-1', '--format=%P', second)).toBe(`${mine} ${theirs}`);
  });

  test('goes on from a parent that is not its base, and stays off a branch that is neither', async () => {
    const parent = await commit();
    await start('run_child', parent);
    writeFiles(slot('run_child'), { 'b.txt': 'revised\n' });
    const child = await taken(take('run_child', fixture.main, [parent]));
    expect(git('log', '-1', '--format=%P', child)).toBe(parent);
    expect(await fixture.repository.readFile(child, 'b.txt')).toBe('revised\n');
    const foreign = await onTopOf(await onTopOf(fixture.main));
    await fixture.repository.setBranch({ branch: 'codex/run-run_child', to: foreign });
    expect(await take('run_child', fixture.main, [parent])).toMatchObject({ end: 'refused' });
    expect(await head('codex/run-run_child')).toBe(foreign);
  });
});
