import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openRepository } from '../../daemon/adapters/git/open-repository.ts';
import { hashFolder, makeRepository, runGit, temporaryFolder } from '../support/repository.ts';
import { type Fixture, locksIn, never, openAt, setUp } from './git-support.ts';

let cleanUps: (() => void)[] = [];
const start = async (...args: Parameters<typeof setUp>) => {
  const fixture = await setUp(...args);
  cleanUps.push(fixture.cleanUp);
  return fixture;
};
afterEach(() => {
  for (const cleanUp of cleanUps) cleanUp();
  cleanUps = [];
});

/** Something lands here: our main is ahead by one commit that changes `a.txt` and adds `new.txt`. */
const landHere = async (
  { repository, change, main }: Fixture,
  content: Record<string, string> = { 'a.txt': 'landed\n', 'new.txt': 'n\n', 'folder/x.txt': 'x\n' },
) => {
  const to = await change(content);
  expect(await repository.moveMain({ from: main, to })).toEqual({ end: 'moved' });
  return to;
};

describe('open', () => {
  test.each([
    ['a folder that is not there', () => {}, /does not exist/],
    ['a folder that is no repository', (folder: string) => mkdirSync(folder), /not a git repository/],
    ['a repository without a commit', (folder: string) => void makeRepository(folder, {}), /no commit/],
    [
      'a repository without main',
      (folder: string) => void makeRepository(folder, { a: 'a' }, 'trunk'),
      /no branch called main \(it has trunk\)/,
    ],
  ])('%s is refused with what to do', async (_name, make, detail) => {
    const { folder, cleanUp } = temporaryFolder();
    cleanUps.push(cleanUp);
    make(join(folder, 'app'));
    const opened = await openAt(folder, join(folder, 'app')).open();
    expect(opened).toMatchObject({ ok: false, detail: expect.stringMatching(detail), remedy: expect.stringMatching(/\w+/) });
  });

  test('a folder inside a repository does not stand for the repository', async () => {
    const fixture = await start({ 'sub/a': 'a' });
    expect(await openAt(join(fixture.root, 'fresh'), join(fixture.person.folder, 'sub')).open()).toMatchObject({ ok: false });
  });

  test('again: finds the same main, removes stale locks, puts configuration back', async () => {
    const fixture = await start();
    const { gitDir } = fixture.repository;
    await landHere(fixture);
    for (const name of ['HEAD.lock', 'packed-refs.lock', 'config.lock', 'refs/heads/main.lock', 'refs/codex-builder/upstream/main.lock']) {
      writeFileSync(join(gitDir, name), '');
    }
    writeFileSync(join(gitDir, 'config'), '[core]\n\tbare = true\n\thooksPath = /tmp\n\tfsmonitor = touch /tmp/x\n');
    mkdirSync(join(gitDir, 'hooks'));
    rmSync(join(gitDir, 'info/attributes'));
    const again = fixture.reopen();
    expect(await again.open()).toEqual({ ok: true, main: await fixture.repository.head('refs/heads/main') });
    expect(locksIn(gitDir)).toEqual([]);
    expect(readFileSync(join(gitDir, 'config'), 'utf8')).toMatch(/hooksPath = \/dev\/null/);
    expect(readFileSync(join(gitDir, 'config'), 'utf8')).not.toMatch(/fsmonitor/);
    expect(existsSync(join(gitDir, 'hooks'))).toBe(false);
    expect(existsSync(join(gitDir, 'info/attributes'))).toBe(true);
  });

  test('with upstream gone it still opens what it has', async () => {
    const fixture = await start();
    renameSync(fixture.person.folder, `${fixture.person.folder}-gone`);
    expect(await fixture.reopen().open()).toEqual({ ok: true, main: fixture.main });
  });

  test('a bare repository and a linked worktree may be upstream', async () => {
    const fixture = await start();
    const bare = join(fixture.root, 'bare.git');
    runGit(fixture.root, ['clone', '-q', '--bare', fixture.person.folder, bare]);
    fixture.person.git('worktree', 'add', '-q', '-b', 'side', join(fixture.root, 'side'));
    for (const [state, path] of [
      ['one', bare],
      ['two', join(fixture.root, 'side')],
    ] as const) {
      expect(await openAt(join(fixture.root, state), path).open()).toEqual({ ok: true, main: fixture.main });
    }
  });
});

describe('syncFromUpstream', () => {
  test('fast-forwards only when only theirs moved', async () => {
    const fixture = await start();
    expect(await fixture.repository.syncFromUpstream(never)).toEqual({ state: 'in_step', main: fixture.main });
    const theirs = fixture.person.commit({ 'b.txt': 'theirs\n' });
    expect(await fixture.repository.syncFromUpstream(never)).toEqual({ state: 'in_step', main: theirs, movedFrom: fixture.main });
    expect(await fixture.repository.head('refs/heads/main')).toBe(theirs);
  });

  test('says ahead, diverged and offline, and moves nothing', async () => {
    const fixture = await start();
    const ours = await landHere(fixture);
    expect(await fixture.repository.syncFromUpstream(never)).toMatchObject({ state: 'ahead', by: 1, main: ours });
    fixture.person.commit({ 'b.txt': '1\n' });
    const commit = fixture.person.commit({ 'b.txt': '2\n' });
    const before = hashFolder(fixture.person.folder);
    const apart = { state: 'diverged', ours: 1, theirs: 2, commit, rewritten: false };
    expect(await fixture.repository.syncFromUpstream(never)).toEqual({ ...apart, main: ours });
    expect(await fixture.repository.bringUpstreamAlong(never)).toEqual({ ...apart, checkout: 'none' });
    expect(hashFolder(fixture.person.folder)).toBe(before);
    renameSync(fixture.person.folder, `${fixture.person.folder}-gone`);
    expect(await fixture.repository.syncFromUpstream(never)).toMatchObject({ state: 'offline', main: ours });
    expect(await fixture.repository.bringUpstreamAlong(never)).toMatchObject({ state: 'offline', checkout: 'none' });
    expect(await fixture.repository.head('refs/heads/main')).toBe(ours);
  });

  test('a rewritten main of theirs is diverged, not followed', async () => {
    const fixture = await start();
    fixture.person.git('commit', '-q', '--amend', '-m', 'rewritten');
    expect(await fixture.repository.syncFromUpstream(never)).toMatchObject({ state: 'diverged', rewritten: true, main: fixture.main });
  });
});

describe('bringUpstreamAlong', () => {
  test('brings a clean checkout along: ref, index and files; untracked and ignored files stay', async () => {
    const fixture = await start({ 'a.txt': 'a\n', 'gone.txt': 'x\n', '.gitignore': '*.log\n' });
    const runsh = await fixture.change({ 'a.txt': 'landed\n', 'gone.txt': null, 'dir/new.sh': { text: '#!/bin/sh\n', mode: 0o755 } });
    await fixture.repository.moveMain({ from: fixture.main, to: runsh });
    fixture.person.write({ 'mine.txt': 'untracked\n', 'x.log': 'ignored\n' });
    expect(await fixture.repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'updated' });
    expect(fixture.person.tip()).toBe(runsh);
    expect(fixture.person.git('status', '--porcelain')).toBe('?? mine.txt');
    expect(fixture.person.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(readFileSync(join(fixture.person.folder, 'a.txt'), 'utf8')).toBe('landed\n');
    expect(existsSync(join(fixture.person.folder, 'gone.txt'))).toBe(false);
    expect(fixture.person.git('fsck', '--strict')).not.toMatch(/missing|broken/);
    expect(locksIn(fixture.person.folder)).toEqual([]);
    expect(await fixture.repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'none' });
    expect(await fixture.repository.syncFromUpstream(never)).toEqual({ state: 'in_step', main: runsh });
  });

  type Mess = (fixture: Fixture) => void;
  const stage =
    (path: string): Mess =>
    ({ person }) => {
      person.write({ [path]: 'mine\n' });
      person.git('add', path);
    };
  test.each<[string, Mess, RegExp]>([
    ['an unstaged change', ({ person }) => person.write({ 'a.txt': 'mine\n' }), /uncommitted changes \(a\.txt\)/],
    ['an unstaged change elsewhere', ({ person }) => person.write({ 'b.txt': 'mine\n' }), /uncommitted changes \(b\.txt\)/],
    ['a deleted file', ({ person }) => person.write({ 'b.txt': null }), /uncommitted changes/],
    ['a mode change', ({ person }) => chmodSync(join(person.folder, 'b.txt'), 0o755), /uncommitted changes/],
    ['a staged change', stage('b.txt'), /staged changes \(b\.txt\)/],
    ['a staged new file', stage('z.txt'), /staged changes \(z\.txt\)/],
    ['an untracked file in the way', ({ person }) => person.write({ 'new.txt': 'mine\n' }), /new\.txt/],
    ['an ignored file in the way', ({ person }) => person.write({ 'new.txt': 'mine\n', '.git/info/exclude': 'new.txt\n' }), /new\.txt/],
    ['a merge in progress', ({ person, main }) => writeFileSync(join(person.folder, '.git/MERGE_HEAD'), `${main}\n`), /in the middle of/],
    ['a git that is at work', ({ person }) => writeFileSync(join(person.folder, '.git/index.lock'), ''), /another git is working/],
    [
      'a filter in its attributes',
      ({ person }) => writeFileSync(join(person.folder, '.git/info/attributes'), '*.bin filter=lfs\n'),
      /filters/,
    ],
  ])('with %s the checkout is left byte for byte, and main there does not move', async (_name, mess, why) => {
    const fixture = await start();
    const ours = await landHere(fixture);
    mkdirSync(join(fixture.person.folder, '.git/info'), { recursive: true });
    mess(fixture);
    const before = hashFolder(fixture.person.folder);
    expect(await fixture.repository.bringUpstreamAlong(never)).toMatchObject({
      state: 'ahead',
      by: 1,
      checkout: 'left',
      why: expect.stringMatching(why),
    });
    expect(hashFolder(fixture.person.folder)).toBe(before);
    expect(fixture.person.tip()).toBe(fixture.main);
    expect(await fixture.repository.syncFromUpstream(never)).toMatchObject({ state: 'ahead', why: expect.stringMatching(why), main: ours });
  });

  /** What a daemon leaves that is killed after it moved main there and while it writes the files. */
  const interrupt = (fixture: Fixture, to: string) => {
    const { person, repository, root, main } = fixture;
    const gitDir = join(person.folder, '.git');
    person.git('fetch', '-q', '--no-write-fetch-head', repository.gitDir, 'main');
    person.git('update-ref', 'refs/heads/main', to, main);
    person.write({ 'a.txt': 'landed\n', 'new.txt': 'n\n' });
    writeFileSync(join(gitDir, 'index.lock'), 'codex-builder\n');
    const intent = { from: main, to, checkouts: [{ folder: person.folder, gitDir }] };
    writeFileSync(join(root, 'state/index/bring-along.json'), JSON.stringify(intent));
  };

  test('an update that was killed half-way is finished', async () => {
    const fixture = await start();
    const ours = await landHere(fixture);
    interrupt(fixture, ours);
    expect(await fixture.reopen().bringUpstreamAlong(never)).toMatchObject({ state: 'in_step' });
    expect(fixture.person.git('status', '--porcelain')).toBe('');
    expect(readFileSync(join(fixture.person.folder, 'folder/x.txt'), 'utf8')).toBe('x\n');
    expect(locksIn(fixture.person.folder)).toEqual([]);
  });

  test('what a person wrote after an update was killed half-way is not touched', async () => {
    const fixture = await start();
    const ours = await landHere(fixture);
    interrupt(fixture, ours);
    fixture.person.write({ 'a.txt': 'mine\n' });
    expect(await fixture.reopen().bringUpstreamAlong(never)).toMatchObject({
      state: 'in_step',
      checkout: 'left',
      why: expect.stringMatching(/a\.txt/),
    });
    expect(readFileSync(join(fixture.person.folder, 'a.txt'), 'utf8')).toBe('mine\n');
    expect(locksIn(fixture.person.folder)).toEqual([]);
  });

  test('a checkout whose files were only touched is clean', async () => {
    const fixture = await start();
    const ours = await landHere(fixture);
    fixture.person.write({ 'a.txt': 'one\ntwo\nthree\n' });
    expect(await fixture.repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'updated' });
    expect(fixture.person.tip()).toBe(ours);
  });

  test.each<[string, Mess]>([
    ['another branch', ({ person }) => person.git('checkout', '-q', '-b', 'feature')],
    ['a detached HEAD', ({ person }) => person.git('checkout', '-q', '--detach')],
  ])('with %s checked out only the ref moves, however dirty it is', async (_name, away) => {
    const fixture = await start();
    const ours = await landHere(fixture);
    away(fixture);
    fixture.person.write({ 'a.txt': 'mine\n', 'new.txt': 'mine\n' });
    expect(await fixture.repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'none' });
    expect(fixture.person.tip('refs/heads/main')).toBe(ours);
    expect(fixture.person.tip('HEAD')).toBe(fixture.main);
    expect(readFileSync(join(fixture.person.folder, 'a.txt'), 'utf8')).toBe('mine\n');
  });

  test('a linked worktree that has main checked out counts: clean it moves, dirty it is left', async () => {
    const fixture = await start();
    const linked = join(fixture.root, 'linked');
    fixture.person.git('checkout', '-q', '-b', 'feature');
    fixture.person.git('worktree', 'add', '-q', linked, 'main');
    const ours = await landHere(fixture);
    writeFileSync(join(linked, 'b.txt'), 'mine\n');
    expect(await fixture.repository.bringUpstreamAlong(never)).toMatchObject({ state: 'ahead', checkout: 'left' });
    expect(fixture.person.tip('refs/heads/main')).toBe(fixture.main);
    runGit(linked, ['checkout', '-q', 'b.txt']);
    expect(await fixture.repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'updated' });
    expect(fixture.person.tip('refs/heads/main')).toBe(ours);
    expect(runGit(linked, ['status', '--porcelain'])).toBe('');
    expect(readFileSync(join(linked, 'new.txt'), 'utf8')).toBe('n\n');
  });

  test('hooks, monitors and filters of theirs do not run with our rights', async () => {
    const fixture = await start();
    const mark = join(fixture.root, 'sung');
    for (const hook of [
      'post-checkout',
      'post-index-change',
      'reference-transaction',
      'post-merge',
      'pre-receive',
      'update',
      'post-update',
    ]) {
      mkdirSync(join(fixture.person.folder, '.git/hooks'), { recursive: true });
      writeFileSync(join(fixture.person.folder, '.git/hooks', hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    }
    const song = join(fixture.root, 'song');
    writeFileSync(song, `#!/bin/sh\ntouch ${mark}\ncat\n`, { mode: 0o755 });
    await landHere(fixture);
    for (const key of ['core.fsmonitor', 'filter.x.clean', 'filter.x.smudge', 'uploadpack.packObjectsHook'])
      fixture.person.git('config', key, song);
    rmSync(mark, { force: true });
    expect(await fixture.repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'updated' });
    expect(existsSync(mark)).toBe(false);
  });

  test.skipIf(process.getuid?.() !== 0)("another user's repository stays theirs: every file written belongs to them", async () => {
    const fixture = await start();
    const { root, person, repository } = fixture;
    chmodSync(root, 0o755);
    chmodSync(join(root, 'state'), 0o700);
    execFileSync('chown', ['-R', '65534:65534', person.folder]);
    const ours = await landHere(fixture);
    expect(await repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'updated' });
    expect(execFileSync('find', [person.folder, '!', '-uid', '65534'], { encoding: 'utf8' })).toBe('');
    const asOwner = {
      uid: 65534,
      gid: 65534,
      cwd: person.folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    } as const;
    expect(execFileSync('git', ['status', '--porcelain'], asOwner)).toBe('');
    expect(execFileSync('git', ['rev-parse', 'main'], asOwner).trim()).toBe(ours);
  });

  test('a remote is fetched from and pushed to, never forced', async () => {
    const fixture = await start();
    const bare = join(fixture.root, 'remote.git');
    runGit(fixture.root, ['clone', '-q', '--bare', fixture.person.folder, bare]);
    const repository = openRepository({
      upstream: { kind: 'remote', url: `file://${bare}` },
      gitDir: join(fixture.root, 'other/control.git'),
      indexFolder: join(fixture.root, 'other/index'),
      mainBranch: 'main',
      clock: { now: Date.now, elapsed: () => 0, after: () => () => {} },
      log: () => {},
      env: { path: process.env['PATH'] ?? '/usr/bin:/bin' },
    });
    expect(await repository.open()).toEqual({ ok: true, main: fixture.main });
    const remote = { ...fixture, repository };
    const undo = await repository.buildRestore({
      target: fixture.main,
      left: fixture.main,
      main: fixture.main,
      message: 'x',
      identity: { name: 'n', email: 'e', at: 1 },
    });
    expect(undo).toEqual({ end: 'nothing_to_undo' });
    const folder = join(fixture.root, 'remote-slot');
    await repository.checkout({ folder, at: fixture.main, branch: 'codex/run-r', signal: never });
    writeFileSync(join(folder, 'a.txt'), 'landed\n');
    const taken = await repository.snapshot({
      folder,
      base: fixture.main,
      branch: 'codex/run-r',
      message: 'm',
      identity: { name: 'n', email: 'e', at: 1 },
      signal: never,
    });
    if (taken.end !== 'committed') throw new Error(taken.end);
    await remote.repository.moveMain({ from: fixture.main, to: taken.commit });
    expect(await repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'none' });
    expect(runGit(bare, ['rev-parse', 'main'])).toBe(taken.commit);
    runGit(bare, ['update-ref', 'refs/heads/main', fixture.main]);
    runGit(fixture.root, ['clone', '-q', bare, join(fixture.root, 'clone')]);
    runGit(join(fixture.root, 'clone'), ['commit', '-q', '--allow-empty', '-m', 'theirs']);
    runGit(join(fixture.root, 'clone'), ['push', '-q', 'origin', 'main']);
    expect(await repository.bringUpstreamAlong(never)).toMatchObject({ state: 'diverged', ours: 1, theirs: 1 });
    expect(runGit(bare, ['rev-list', '--count', 'main'])).toBe('2');
  });
});
