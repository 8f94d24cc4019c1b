import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashFolder, runGit, writeFiles } from '../support/repository.ts';
import { BRANCH, type Fixture, IDENTITY, locksIn, never, setUp } from './git-support.ts';

let fixture: Fixture;
let slot: string;
let count = 0;

beforeAll(async () => {
  fixture = await setUp({
    'a.txt': 'one\n',
    'dir/b.txt': 'b\n',
    'run.sh': { text: 'echo\n', mode: 0o755 },
    '.gitignore': 'ignored/\n*.log\n*.sock\n',
  });
});
afterAll(() => fixture.cleanUp());
beforeEach(() => {
  slot = join(fixture.root, 'slots', `slot-${++count}`);
});

const checkout = (at = fixture.main, branch?: string, repository = fixture.repository) =>
  repository.checkout({ folder: slot, at, ...(branch ? { branch } : {}), signal: never });
const snapshot = (base = fixture.main) =>
  fixture.repository.snapshot({ folder: slot, base, branch: `${BRANCH}-${count}`, message: 'work\n', identity: IDENTITY, signal: never });
const problems = async () => {
  const taken = await snapshot();
  if (taken.end !== 'refused') throw new Error(`not refused: ${taken.end}`);
  expect(await fixture.repository.head(`refs/heads/${BRANCH}-${count}`)).toBeUndefined();
  return taken.problems.map((problem) => problem.path);
};
const files = () =>
  execFileSync('find', ['.', '-not', '-path', './.git', '-not', '-type', 'd'], { cwd: slot, encoding: 'utf8' }).trim().split('\n').sort();
const CLEAN = ['./.gitignore', './a.txt', './dir/b.txt', './run.sh'];

/** A command that leaves a mark when it is run, and how to see the mark. */
function canary(): { command: string; hasSung: () => boolean } {
  const mark = join(fixture.root, `canary-${count}`);
  const script = join(fixture.root, `sing-${count}`);
  writeFileSync(script, `#!/bin/sh\ntouch ${mark}\ncat\n`, { mode: 0o755 });
  return { command: script, hasSung: () => existsSync(mark) };
}

describe('checkout', () => {
  test('afterwards the folder is exactly the commit, whatever was in it', async () => {
    expect(await checkout(fixture.main, `${BRANCH}-${count}`)).toEqual({ ok: true });
    expect(files()).toEqual(CLEAN);
    expect(readFileSync(join(slot, '.git'), 'utf8')).toMatch(/^gitdir: .*\/control\.git\/worktrees\/[^/]+\n$/);
    writeFiles(slot, {
      'a.txt': 'changed\n',
      'dir/b.txt': null,
      new: 'n',
      'ignored/x': 'x',
      'x.log': 'x',
      'nested/.git/HEAD': 'ref: refs/heads/x\n',
    });
    runGit(slot, ['init', '-q', 'inner']);
    chmodSync(join(slot, 'run.sh'), 0o644);
    symlinkSync('/etc', join(slot, 'link'));
    execFileSync('mkfifo', [join(slot, 'pipe')]);
    mkdirSync(join(slot, 'closed/inside'), { recursive: true });
    chmodSync(join(slot, 'closed'), 0o000);
    expect(await checkout()).toEqual({ ok: true });
    expect(files()).toEqual(CLEAN);
    expect(readFileSync(join(slot, 'a.txt'), 'utf8')).toBe('one\n');
    expect(runGit(slot, ['rev-parse', 'HEAD'])).toBe(fixture.main);
    expect(existsSync('/etc/passwd')).toBe(true);
  });

  test('a file changed behind the back of its times is put back', async () => {
    await checkout();
    const at = new Date(1_600_000_000_000);
    utimesSync(join(slot, 'a.txt'), at, at);
    await checkout();
    writeFileSync(join(slot, 'a.txt'), 'two\n');
    utimesSync(join(slot, 'a.txt'), at, at);
    expect(await checkout()).toEqual({ ok: true });
    expect(readFileSync(join(slot, 'a.txt'), 'utf8')).toBe('one\n');
  });

  test('GIT-02, GIT-03: a replaced .git is put back and never followed', async () => {
    await checkout();
    const { command, hasSung } = canary();
    rmSync(join(slot, '.git'));
    runGit(slot, ['init', '-q', '.']);
    runGit(slot, ['config', 'core.fsmonitor', command]);
    expect(await checkout()).toEqual({ ok: true });
    expect(readFileSync(join(slot, '.git'), 'utf8')).toContain('/control.git/worktrees/');
    rmSync(join(slot, '.git'));
    symlinkSync('/etc/passwd', join(slot, '.git'));
    expect(await checkout()).toEqual({ ok: true });
    expect(hasSung()).toBe(false);
    expect(readFileSync('/etc/passwd', 'utf8')).not.toContain('gitdir');
  });

  test('is mended after everything a kill can leave', async () => {
    await checkout();
    const admin = readFileSync(join(slot, '.git'), 'utf8').slice('gitdir: '.length).trim();
    writeFileSync(join(admin, 'index.lock'), '');
    writeFileSync(join(admin, 'HEAD.lock'), '');
    expect(await checkout()).toEqual({ ok: true });
    writeFileSync(join(admin, 'locked'), 'initializing');
    expect(await checkout()).toEqual({ ok: true });
    rmSync(slot, { recursive: true });
    expect(await checkout()).toEqual({ ok: true });
    rmSync(readFileSync(join(slot, '.git'), 'utf8').slice('gitdir: '.length).trim(), { recursive: true });
    expect(await checkout()).toEqual({ ok: true });
    writeFileSync(join(readFileSync(join(slot, '.git'), 'utf8').slice('gitdir: '.length).trim(), 'index'), 'damaged');
    expect(await checkout()).toEqual({ ok: true });
    expect(files()).toEqual(CLEAN);
    expect(locksIn(fixture.repository.gitDir)).toEqual([]);
  });

  test('four slots at once do not disturb one another', async () => {
    const folders = [0, 1, 2, 3].map((number) => join(fixture.root, 'many', String(number), 'app'));
    const all = await Promise.all(folders.map((folder) => fixture.repository.checkout({ folder, at: fixture.main, signal: never })));
    expect(all).toEqual(folders.map(() => ({ ok: true })));
    expect(new Set(folders.map((folder) => readFileSync(join(folder, '.git'), 'utf8'))).size).toBe(4);
  });

  test('a folder that is a link or a file is refused, and its target left alone', async () => {
    const target = join(fixture.root, 'precious');
    writeFiles(target, { keep: 'me' });
    symlinkSync(target, slot);
    expect(await checkout()).toMatchObject({ ok: false });
    expect(readFileSync(join(target, 'keep'), 'utf8')).toBe('me');
  });

  test('a stopped one says so', async () => {
    expect(await fixture.repository.checkout({ folder: slot, at: fixture.main, signal: AbortSignal.abort() })).toEqual({
      ok: false,
      detail: 'stopped',
    });
  });
});

describe('snapshot', () => {
  test('commits added, changed, removed and executable files; the same work twice is the same commit', async () => {
    await checkout(fixture.main, `${BRANCH}-${count}`);
    writeFiles(slot, {
      'a.txt': 'two\n',
      'dir/b.txt': null,
      'new/c.sh': { text: 'c\n', mode: 0o755 },
      'x.log': 'ignored',
      'ü\n"name': 'odd',
    });
    symlinkSync('../a.txt', join(slot, 'new/link'));
    const first = await snapshot();
    if (first.end !== 'committed') throw new Error(JSON.stringify(first));
    expect(await snapshot()).toEqual(first);
    expect(await fixture.repository.head(`refs/heads/${BRANCH}-${count}`)).toBe(first.commit);
    expect(await fixture.repository.listFiles(first.commit)).toEqual(['.gitignore', 'a.txt', 'new/c.sh', 'new/link', 'run.sh', 'ü\n"name']);
    expect(await fixture.repository.treeOf(first.commit)).toBe(first.tree);
    writeFiles(slot, { 'a.txt': 'three\n' });
    const second = await snapshot();
    if (second.end !== 'committed') throw new Error(JSON.stringify(second));
    expect(await fixture.repository.mergeBase(first.commit, second.commit)).toBe(fixture.main);
    expect(await fixture.repository.head(`refs/heads/${BRANCH}-${count}`)).toBe(second.commit);
  });

  test('nothing changed is empty', async () => {
    await checkout();
    writeFiles(slot, { 'ignored/only': 'x' });
    expect(await snapshot()).toEqual({ end: 'empty' });
  });

  test('a branch that is somewhere else is not overwritten', async () => {
    const foreign = await fixture.change({ z: 'z\n' }, { runId: 'run_foreign' });
    const further = await fixture.change({ y: 'y\n' }, { base: foreign, runId: 'run_further' });
    await checkout(further, `${BRANCH}-${count}`);
    await checkout(fixture.main);
    writeFiles(slot, { 'a.txt': 'two\n' });
    expect(await snapshot()).toMatchObject({ end: 'refused' });
    expect(await fixture.repository.head(`refs/heads/${BRANCH}-${count}`)).toBe(further);
  });

  test('GIT-01, GIT-04, GIT-05, GIT-07: hooks, filters, drivers and configuration planted in the worktree never run', async () => {
    await checkout();
    const { command, hasSung } = canary();
    writeFiles(slot, {
      '.husky/_/pre-commit': { text: `#!/bin/sh\n${command}\n`, mode: 0o755 },
      '.husky/_/post-index-change': { text: `#!/bin/sh\n${command}\n`, mode: 0o755 },
      '.gitattributes': '* filter=evil diff=evil merge=evil text eol=crlf ident working-tree-encoding=UTF-16\n',
      'a.txt': 'one\r\ntwo $Id$\n',
    });
    rmSync(join(slot, '.git'));
    runGit(slot, ['init', '-q', '.']);
    for (const key of [
      'filter.evil.clean',
      'filter.evil.smudge',
      'filter.evil.process',
      'core.fsmonitor',
      'diff.evil.textconv',
      'diff.external',
    ]) {
      runGit(slot, ['config', key, command]);
    }
    runGit(slot, ['config', 'core.hooksPath', '.husky/_']);
    const taken = await snapshot();
    if (taken.end !== 'committed') throw new Error(JSON.stringify(taken));
    expect(await fixture.repository.readFile(taken.commit, 'a.txt')).toBe('one\r\ntwo $Id$\n');
    expect(await checkout(taken.commit)).toEqual({ ok: true });
    expect(readFileSync(join(slot, 'a.txt'), 'utf8')).toBe('one\r\ntwo $Id$\n');
    await fixture.repository.diff(fixture.main, taken.commit);
    expect(hasSung()).toBe(false);
  });

  test('GIT-06: a repository inside the worktree is refused by name, and nothing of it runs', async () => {
    await checkout();
    const { command, hasSung } = canary();
    runGit(slot, ['init', '-q', 'vendor/inner']);
    runGit(join(slot, 'vendor/inner'), ['config', 'core.fsmonitor', command]);
    runGit(join(slot, 'vendor/inner'), ['commit', '-q', '--allow-empty', '-m', 'x']);
    rmSync(`${fixture.root}/canary-${count}`, { force: true });
    expect(await problems()).toContain('vendor/inner');
    rmSync(join(slot, 'vendor'), { recursive: true });
    runGit(slot, ['init', '-q', '--bare', 'bare']);
    expect(await problems()).toContain('bare');
    expect(hasSung()).toBe(false);
  });

  test('GIT-12: pipes, sockets and links out of the tree are refused by name; ignored ones do not matter', async () => {
    await checkout();
    execFileSync('mkfifo', [join(slot, 'dir/pipe'), join(slot, 'fine.sock')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(slot, 'socket'), resolve));
    expect((await problems()).sort()).toEqual(['dir/pipe', 'socket']);
    await new Promise((resolve) => server.close(resolve));
    rmSync(join(slot, 'dir/pipe'));
    symlinkSync('/etc/shadow', join(slot, 'shadow'));
    symlinkSync('../../up', join(slot, 'dir/up'));
    symlinkSync('.', join(slot, 'here'));
    symlinkSync('here/here/../../..', join(slot, 'tricky'));
    symlinkSync('../a.txt', join(slot, 'dir/fine'));
    expect((await problems()).sort()).toEqual(['dir/up', 'shadow', 'tricky']);
  });

  test('GIT-12: a hard link is committed as the bytes it has', async () => {
    await checkout();
    execFileSync('ln', ['a.txt', 'hard.txt'], { cwd: slot });
    const taken = await snapshot();
    expect(taken.end === 'committed' && (await fixture.repository.readFile(taken.commit, 'hard.txt'))).toBe('one\n');
  });

  test('GIT-11: what cannot be read or is too deep is refused, never left out', async () => {
    await checkout();
    // Deeper than PATH_MAX, which only relative steps can reach.
    const dig =
      "const { mkdirSync, writeFileSync } = require('fs'); for (let i = 0; i < 30; i++) { mkdirSync('d'.repeat(200)); process.chdir('d'.repeat(200)); } writeFileSync('file', 'x');";
    execFileSync(process.execPath, ['-e', dig], { cwd: slot });
    const found = await snapshot();
    expect(found).toMatchObject({ end: 'refused' });
    expect(await checkout()).toEqual({ ok: true });
    expect(files()).toEqual(CLEAN);
  });

  test.skipIf(process.getuid?.() === 0)('GIT-11: a folder without permissions is refused, never left out', async () => {
    await checkout();
    writeFiles(slot, { 'closed/x': 'x' });
    chmodSync(join(slot, 'closed'), 0o000);
    expect(await problems()).toContain('closed');
    chmodSync(join(slot, 'closed'), 0o700);
  });

  test('GIT-10: an ignored file is not in the commit, so a clean checkout does not have it', async () => {
    await checkout();
    writeFiles(slot, { 'ignored/needed.txt': 'x', 'a.txt': 'uses ignored/needed.txt\n' });
    const taken = await snapshot();
    if (taken.end !== 'committed') throw new Error(taken.end);
    await checkout(taken.commit);
    expect(existsSync(join(slot, 'ignored'))).toBe(false);
  });

  test("GIT-13: a lock and skip-worktree bits in the worktree's own index hide nothing", async () => {
    await checkout();
    runGit(slot, ['update-index', '--skip-worktree', 'a.txt']);
    runGit(slot, ['update-index', '--assume-unchanged', 'dir/b.txt']);
    const admin = readFileSync(join(slot, '.git'), 'utf8').slice('gitdir: '.length).trim();
    writeFileSync(join(admin, 'index.lock'), '');
    writeFiles(slot, { 'a.txt': 'hidden\n', 'dir/b.txt': 'hidden\n' });
    const taken = await snapshot();
    if (taken.end !== 'committed') throw new Error(JSON.stringify(taken));
    expect((await fixture.repository.diff(fixture.main, taken.commit)).map((file) => file.path)).toEqual(['a.txt', 'dir/b.txt']);
  });

  test('GIT-16: too many bytes, too many files or too long a path is refused before anything is stored', async () => {
    await checkout();
    execFileSync('truncate', ['-s', '4G', join(slot, 'dir/big')]);
    expect(await problems()).toEqual(['dir/big']);
    rmSync(join(slot, 'dir/big'));
    mkdirSync(join(slot, 'many'));
    execFileSync('sh', ['-c', 'cd "$0"; seq 20001 | xargs touch', join(slot, 'many')]);
    expect(await problems()).toEqual(['']);
    rmSync(join(slot, 'many'), { recursive: true });
    writeFiles(slot, { [Array.from({ length: 6 }, () => 'p'.repeat(200)).join('/')]: 'x' });
    expect(await problems()).toHaveLength(1);
  });

  test('a name that is no text is refused', async () => {
    await checkout();
    writeFileSync(Buffer.concat([Buffer.from(`${slot}/caf`), Buffer.from([0xe9])]), 'x');
    expect(await problems()).toEqual(['caf\\351']);
  });

  test('GIT-19: a program that is still writing cannot slip a half-written tree in', async () => {
    await checkout();
    const writer = spawn('sh', ['-c', 'i=0; while :; do i=$((i+1)); echo $i > churn.txt; done'], { cwd: slot });
    try {
      const taken = await snapshot();
      // Either a tree that was stable for two looks, whose bytes are one whole write, or a refusal that says why.
      if (taken.end === 'refused') expect(taken.problems.length).toBeGreaterThan(0);
      else if (taken.end === 'committed') expect(await fixture.repository.readFile(taken.commit, 'churn.txt')).toMatch(/^(\d+\n)?$/);
    } finally {
      writer.kill('SIGKILL');
    }
  });

  test('GIT-18: replace refs, grafts and alternates change nothing', async () => {
    const git = (...args: string[]) => runGit('/', ['--git-dir', fixture.repository.gitDir, ...args]);
    const blob = git('rev-parse', `${fixture.main}:a.txt`);
    const other = git('rev-parse', `${fixture.main}:dir/b.txt`);
    git('replace', blob, other);
    writeFileSync(join(fixture.repository.gitDir, 'info/grafts'), `${fixture.main} ${'0'.repeat(40)}\n`);
    try {
      expect(await fixture.repository.readFile(fixture.main, 'a.txt')).toBe('one\n');
      expect(await checkout()).toEqual({ ok: true });
      expect(readFileSync(join(slot, 'a.txt'), 'utf8')).toBe('one\n');
    } finally {
      git('replace', '-d', blob);
      rmSync(join(fixture.repository.gitDir, 'info/grafts'));
    }
  });

  test('does not change a byte of the worktree', async () => {
    await checkout();
    writeFiles(slot, { 'a.txt': 'two\n', 'n/ew': 'x' });
    const before = hashFolder(slot);
    expect(await snapshot()).toMatchObject({ end: 'committed' });
    expect(hashFolder(slot)).toBe(before);
  });
});
