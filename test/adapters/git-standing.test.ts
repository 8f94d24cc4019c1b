import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runGit } from '../support/repository.ts';
import { type Fixture, IDENTITY, never, setUp } from './git-support.ts';

let fixture: Fixture;
let mine: string;
let theirs: string;
let ahead: string;
const git = (...args: string[]) => runGit('/', ['--git-dir', fixture.repository.gitDir, ...args]);

beforeAll(async () => {
  fixture = await setUp({ 'a.txt': 'one\ntwo\nthree\n', 'b.txt': 'b\n', 'gone.txt': 'x\n' });
  const { main } = fixture;
  mine = await fixture.change(
    { 'a.txt': 'one\nMINE\nthree\n', 'new/ü.txt': 'n\n', 'gone.txt': 'kept\n' },
    { base: main, runId: 'run_mine' },
  );
  ahead = await fixture.change({ 'b.txt': 'theirs\n' }, { base: main, runId: 'run_ahead' });
  theirs = await fixture.change({ 'a.txt': 'one\nTHEIRS\nthree\n', 'gone.txt': null }, { base: ahead, runId: 'run_theirs' });
});
afterAll(() => fixture.cleanUp());

/** A commit that shares nothing with any other. */
const unrelated = (tree: string) => runGit('/', ['--git-dir', fixture.repository.gitDir, 'commit-tree', '-m', 'root', tree]);

describe('standing', () => {
  const standing = (main: string, head: string) => fixture.repository.standing(main, head);

  test('counts what main has and names the conflicts and the files of the change alone', async () => {
    const files = ['a.txt', 'gone.txt', 'new/ü.txt'];
    expect(await standing(fixture.main, mine)).toEqual({ behind: 0, conflicts: [], files });
    expect(await standing(ahead, mine)).toEqual({ behind: 1, conflicts: [], files });
    expect(await standing(theirs, mine)).toEqual({ behind: 2, conflicts: ['a.txt', 'gone.txt'], files });
    expect(await standing(theirs, fixture.main)).toEqual({ behind: 2, conflicts: [], files: [] });
    expect(await standing(mine, mine)).toEqual({ behind: 0, conflicts: [], files: [] });
  });

  test('without common history nothing merges, so every file is in the way', async () => {
    const root = unrelated(await fixture.repository.treeOf(mine));
    const all = await fixture.repository.listFiles(mine);
    expect(await standing(fixture.main, root)).toEqual({ behind: 1, conflicts: all, files: all });
    const empty = unrelated(git('hash-object', '-t', 'tree', '-w', '/dev/null'));
    expect((await standing(fixture.main, empty)).conflicts).toEqual(await fixture.repository.listFiles(fixture.main));
    const candidate = await fixture.repository.buildCandidate({
      candidateId: 'cand_x',
      runId: 'run_x',
      main: fixture.main,
      head: root,
      message: 'm',
      identity: IDENTITY,
    });
    expect(candidate).toEqual({ end: 'conflict', paths: all });
  });

  test('is asked of git once, also by many at a time, and a failure is not remembered', async () => {
    const repository = fixture.reopen();
    const answers = await Promise.all(Array.from({ length: 20 }, () => repository.standing(theirs, mine)));
    for (const answer of answers) expect(answer).toBe(answers[0]);
    expect(await repository.standing(theirs, mine)).toBe(answers[0]);
    const later = fixture.person.commit({ 'b.txt': 'later\n' });
    await expect(repository.standing(later, mine)).rejects.toThrow();
    await repository.syncFromUpstream(never);
    expect(await repository.standing(later, mine)).toMatchObject({ behind: 1, conflicts: [] });
    await expect(repository.standing('main', mine)).rejects.toThrow('not a full object name');
  });

  test('forgets what was asked for longest ago when it holds too many names', async () => {
    const blob = git('rev-parse', `${fixture.main}:b.txt`);
    const listed = Array.from({ length: 9_000 }, (_, index) => `100644 blob ${blob}\tmany-${index}\n`).join('');
    const tree = execFileSync('git', ['--git-dir', fixture.repository.gitDir, 'mktree'], { input: listed }).toString().trim();
    const repository = fixture.reopen();
    const first = await repository.standing(fixture.main, mine);
    const heads = Array.from({ length: 12 }, (_, index) => git('commit-tree', '-m', String(index), '-p', fixture.main, tree));
    for (const head of heads) await repository.standing(fixture.main, head);
    expect(await repository.standing(fixture.main, heads[11]!)).toBe(await repository.standing(fixture.main, heads[11]!));
    const again = await repository.standing(fixture.main, mine);
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });
});

describe('the merge that a resolution starts from', () => {
  const build = (head: string, main: string) =>
    fixture.repository.buildResolution({ head, main, message: 'Resolve\n', identity: IDENTITY });

  test('has both parents and markers that name the sides; the same hash each time; no ref moves', async () => {
    const before = git('for-each-ref');
    const built = await build(mine, theirs);
    expect(await build(mine, theirs)).toEqual(built);
    expect(built.conflicts).toEqual(['a.txt', 'gone.txt']);
    expect(git('log', '-1', '--format=%P', built.commit)).toBe(`${mine} ${theirs}`);
    expect(await fixture.repository.readFile(built.commit, 'a.txt')).toBe(
      `one\n<<<<<<< this-change-g${mine}\nMINE\n||||||| ${git('rev-parse', '--short', fixture.main)}\ntwo\n=======\nTHEIRS\n>>>>>>> main-g${theirs}\nthree\n`,
    );
    expect(await fixture.repository.readFile(built.commit, 'b.txt')).toBe('theirs\n');
    expect(await fixture.repository.readFile(built.commit, 'new/ü.txt')).toBe('n\n');
    expect(git('for-each-ref')).toBe(before);
  });

  test('that merges cleanly is the merge itself', async () => {
    const built = await build(mine, ahead);
    expect(built.conflicts).toEqual([]);
    expect(git('log', '-1', '--format=%P', built.commit)).toBe(`${mine} ${ahead}`);
    expect(await fixture.repository.readFile(built.commit, 'a.txt')).toBe('one\nMINE\nthree\n');
    expect(await fixture.repository.readFile(built.commit, 'b.txt')).toBe('theirs\n');
  });

  test('of commits without common history cannot be built', async () => {
    await expect(build(unrelated(await fixture.repository.treeOf(mine)), theirs)).rejects.toThrow('no common history');
  });
});
