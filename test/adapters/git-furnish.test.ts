import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { remoteUrl } from '../../daemon/adapters/git/submodules.ts';
import { makeRepository, runGit, temporaryFolder } from '../support/repository.ts';
import { BRANCH, type Fixture, IDENTITY, never, openAt, RUN, setUp } from './git-support.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const pointerOf = (text: string) =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(text)}\nsize ${Buffer.byteLength(text)}\n`;
const lfsPlace = (folder: string, text: string) => {
  const oid = sha256(text);
  return join(folder, 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
};

/** Puts a content where `git lfs` keeps it. */
function keepLfs(gitDir: string, text: string): void {
  const place = lfsPlace(join(gitDir, 'lfs'), text);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
}

const LOGO = 'the bytes of a logo\0 with all that'.repeat(100);

/** A person's repository as `git lfs track '*.png'` leaves it. */
async function withLfs(): Promise<Fixture> {
  const fixture = await setUp({
    '.gitattributes': '*.png filter=lfs diff=lfs merge=lfs -text\n',
    'art/logo.png': pointerOf(LOGO),
    'art/tool.png': { text: pointerOf('#!/bin/sh\n'), mode: 0o755 },
    'notes.txt': pointerOf('only looks like one'),
    'a.txt': 'one\n',
  });
  keepLfs(join(fixture.person.folder, '.git'), LOGO);
  keepLfs(join(fixture.person.folder, '.git'), '#!/bin/sh\n');
  cleanUps.push(fixture.cleanUp);
  return fixture;
}

async function slotAt(
  { repository, root }: Fixture,
  at: string,
  branch = BRANCH,
): Promise<{ folder: string; furnished: Awaited<ReturnType<typeof repository.furnish>> }> {
  const folder = join(root, 'slots', 'lfs');
  expect(await repository.checkout({ folder, at, branch, signal: never })).toEqual({ ok: true });
  return { folder, furnished: await repository.furnish({ folder, at, signal: never }) };
}

const snapshot = ({ repository, main }: Fixture, folder: string, base = main) =>
  repository.snapshot({ folder, base, branch: BRANCH, message: 'change\n', identity: IDENTITY, signal: never });

describe('files in Git LFS', () => {
  test('have their contents in a worktree, and nothing of that is a change', async () => {
    const fixture = await withLfs();
    const { folder, furnished } = await slotAt(fixture, fixture.main);
    expect(furnished).toEqual({ ok: true, changed: true, submodules: [] });
    expect(readFileSync(join(folder, 'art/logo.png'), 'utf8')).toBe(LOGO);
    expect(statSync(join(folder, 'art/tool.png')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe(pointerOf('only looks like one'));
    expect(await snapshot(fixture, folder)).toEqual({ end: 'empty' });
    expect((await slotAt(fixture, fixture.main)).furnished).toMatchObject({ ok: true });
  });

  test('that a run changes, adds, deletes or renames are committed as pointers, and their contents are kept', async () => {
    const fixture = await withLfs();
    const { folder } = await slotAt(fixture, fixture.main);
    writeFileSync(join(folder, 'art/logo.png'), 'a new logo');
    writeFileSync(join(folder, 'art/more.png'), 'another picture');
    writeFileSync(join(folder, 'a.txt'), 'two\n');
    chmodSync(join(folder, 'art/tool.png'), 0o644);
    writeFileSync(join(folder, '.gitattributes'), '');
    const taken = await snapshot(fixture, folder);
    if (taken.end !== 'committed') throw new Error(JSON.stringify(taken));
    const at = (path: string) => fixture.repository.readFile(taken.commit, path);
    expect(await at('art/logo.png')).toBe(pointerOf('a new logo'));
    expect(await at('art/more.png')).toBe(pointerOf('another picture'));
    expect(await at('a.txt')).toBe('two\n');
    expect(runGit(fixture.repository.gitDir, ['ls-tree', taken.commit, '--', 'art/tool.png'])).toMatch(/^100644 /);
    expect(await at('art/tool.png')).toBe(pointerOf('#!/bin/sh\n'));
    for (const text of ['a new logo', 'another picture'])
      expect(readFileSync(lfsPlace(join(fixture.root, 'state/lfs'), text), 'utf8')).toBe(text);
    expect(await fixture.repository.listFiles(taken.commit)).not.toContain('art/logo.png.lfs-new');

    const gate = join(fixture.root, 'gate');
    await fixture.repository.checkout({ folder: gate, at: taken.commit, signal: never });
    // Its own attributes name no filter any more: a pointer is then a file like any other.
    expect(await fixture.repository.furnish({ folder: gate, at: taken.commit, signal: never })).toMatchObject({ ok: true, changed: false });

    const second = await slotAt(fixture, fixture.main, BRANCH.replace('01', '02'));
    rmSync(join(second.folder, 'art/logo.png'));
    const deleted = await fixture.repository.snapshot({
      folder,
      base: fixture.main,
      branch: BRANCH.replace('01', '02'),
      message: 'm\n',
      identity: IDENTITY,
      signal: never,
    });
    if (deleted.end !== 'committed') throw new Error(JSON.stringify(deleted));
    expect(await fixture.repository.diff(fixture.main, deleted.commit)).toMatchObject([{ path: 'art/logo.png', status: 'deleted' }]);
  });

  test('count against the limits by what changed, and an ignored one is not taken', async () => {
    const fixture = await withLfs();
    const { folder } = await slotAt(fixture, fixture.main);
    writeFileSync(join(folder, '.gitignore'), 'build\n*.tmp.png\n');
    mkdirSync(join(folder, 'build'));
    writeFileSync(join(folder, 'build/x.png'), 'ignored');
    writeFileSync(join(folder, 'y.tmp.png'), 'ignored too');
    const taken = await snapshot(fixture, folder);
    if (taken.end !== 'committed') throw new Error(JSON.stringify(taken));
    expect((await fixture.repository.diff(fixture.main, taken.commit)).map(({ path }) => path)).toEqual(['.gitignore']);
    writeFileSync(join(folder, 'huge.png'), Buffer.alloc(201 * 1024 * 1024));
    expect(await snapshot(fixture, folder)).toMatchObject({ end: 'refused', problems: [{ path: 'huge.png' }] });
    expect(existsSync(join(fixture.root, 'state/lfs'))).toBe(false);
  });

  test('whose content nobody has are said, with what to run', async () => {
    const fixture = await withLfs();
    rmSync(lfsPlace(join(fixture.person.folder, '.git/lfs'), LOGO));
    const { furnished } = await slotAt(fixture, fixture.main);
    expect(furnished).toEqual({
      ok: false,
      detail: `art/logo.png is kept by Git LFS, and its content is not in ${fixture.person.folder}. Run: git -C ${fixture.person.folder} lfs fetch --all`,
    });
  });

  test('SEC no filter of anybody runs, and a link in their place is not followed', async () => {
    const fixture = await withLfs();
    const mark = join(fixture.root, 'mark');
    for (const key of ['filter.lfs.clean', 'filter.lfs.smudge', 'filter.lfs.process'])
      fixture.person.git('config', key, `touch ${mark}; cat`);
    const { folder } = await slotAt(fixture, fixture.main);
    rmSync(join(folder, 'art/logo.png'));
    symlinkSync('/etc/passwd', join(folder, 'art/logo.png'));
    expect(await snapshot(fixture, folder)).toMatchObject({ end: 'refused', problems: [{ path: 'art/logo.png' }] });
    expect(existsSync(mark)).toBe(false);
    expect(existsSync(join(fixture.root, 'state/lfs'))).toBe(false);
  });

  test('travel to the person with main, and a checkout that needs them is left with the command that takes them', async () => {
    const fixture = await withLfs();
    const { repository, person, main } = fixture;
    const land = async (change: (folder: string) => void, from: string) => {
      const { folder } = await slotAt(fixture, from);
      change(folder);
      const taken = await snapshot(fixture, folder, from);
      if (taken.end !== 'committed') throw new Error(JSON.stringify(taken));
      expect(await repository.moveMain({ from, to: taken.commit })).toEqual({ end: 'moved' });
      return taken.commit;
    };
    // As git lfs leaves a checkout: contents in the files, pointers in the index, which knows them by their stat data.
    writeFileSync(join(person.folder, 'art/logo.png'), LOGO);
    writeFileSync(join(person.folder, 'art/tool.png'), '#!/bin/sh\n');
    for (const key of ['clean', 'smudge']) person.git('config', `filter.lfs.${key}`, 'cat');
    const plain = await land((folder) => writeFileSync(join(folder, 'a.txt'), 'two\n'), main);
    const pictured = await land((folder) => writeFileSync(join(folder, 'art/logo.png'), 'a new logo'), plain);
    const left = await repository.bringUpstreamAlong(never);
    expect(left).toMatchObject({ state: 'ahead', checkout: 'left', why: expect.stringContaining(`git merge --ff-only ${pictured}`) });
    expect(readFileSync(lfsPlace(join(person.folder, '.git/lfs'), 'a new logo'), 'utf8')).toBe('a new logo');
    expect(person.git('cat-file', '-t', pictured)).toBe('commit');
    expect(person.tip()).toBe(main);
  });

  test('a change that touches none of them is brought along to a checkout of them', async () => {
    const fixture = await setUp({ '.gitattributes': '*.png filter=lfs\n', 'a.txt': 'one\n' });
    cleanUps.push(fixture.cleanUp);
    const head = await fixture.change({ 'a.txt': 'two\n' });
    expect(await fixture.repository.moveMain({ from: fixture.main, to: head })).toEqual({ end: 'moved' });
    expect(await fixture.repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'updated' });
  });

  test.skipIf(process.getuid?.() !== 0)("another user's repository gets them as its own", async () => {
    const fixture = await withLfs();
    const { root, person, repository } = fixture;
    chmodSync(root, 0o755);
    chmodSync(join(root, 'state'), 0o700);
    person.git('checkout', '-q', '--detach');
    execFileSync('chown', ['-R', '65534:65534', person.folder]);
    const { folder } = await slotAt(fixture, fixture.main);
    writeFileSync(join(folder, 'art/logo.png'), 'a new logo');
    const taken = await snapshot(fixture, folder);
    if (taken.end !== 'committed') throw new Error(JSON.stringify(taken));
    await repository.moveMain({ from: fixture.main, to: taken.commit });
    expect(await repository.bringUpstreamAlong(never)).toEqual({ state: 'in_step', checkout: 'none' });
    expect(readFileSync(lfsPlace(join(person.folder, '.git/lfs'), 'a new logo'), 'utf8')).toBe('a new logo');
    expect(execFileSync('find', [person.folder, '!', '-uid', '65534'], { encoding: 'utf8' })).toBe('');
  });
});

describe('submodules', () => {
  /** A person's repository with a submodule that has one itself. */
  async function withSubmodules(): Promise<Fixture & { inner: string }> {
    const { folder: elsewhere, cleanUp } = temporaryFolder();
    const inner = makeRepository(join(elsewhere, 'inner'), { 'deep.js': 'deep\n' });
    const library = makeRepository(join(elsewhere, 'library'), { 'index.js': 'first\n', 'bin/run': { text: '#!/bin/sh\n', mode: 0o755 } });
    library.git('submodule', 'add', '-q', inner.folder, 'vendor/inner');
    library.git('commit', '-q', '-m', 'inner');
    const fixture = await setUp({ 'a.txt': 'one\n' });
    fixture.person.git('submodule', 'add', '-q', library.folder, 'libs/library');
    fixture.person.git('submodule', 'update', '-q', '--init', '--recursive');
    fixture.person.git('commit', '-q', '-m', 'library');
    library.commit({ 'index.js': 'later\n' });
    cleanUps.push(cleanUp, fixture.cleanUp);
    const synced = await fixture.repository.syncFromUpstream(never);
    return { ...fixture, main: synced.main, inner: elsewhere };
  }

  test('are there at the commit that main names, with theirs, for everybody to read and nobody to write', async () => {
    const fixture = await withSubmodules();
    // Neither is needed any more, nor where they came from: the person's clone has them.
    rmSync(fixture.inner, { recursive: true });
    const { folder, furnished } = await slotAt(fixture, fixture.main);
    if (!furnished.ok) throw new Error(furnished.detail);
    expect(furnished.submodules.map(({ path }) => path)).toEqual(['libs/library']);
    const { folder: library } = furnished.submodules[0]!;
    expect(readFileSync(join(library, 'index.js'), 'utf8')).toBe('first\n');
    expect(readFileSync(join(library, 'vendor/inner/deep.js'), 'utf8')).toBe('deep\n');
    expect(statSync(join(library, 'bin/run')).mode & 0o777).toBe(0o755);
    expect(existsSync(join(library, '.git'))).toBe(false);
    expect(readdirSync(join(folder, 'libs/library'))).toEqual([]);
    expect(await snapshot(fixture, folder)).toEqual({ end: 'empty' });
    expect(await fixture.repository.furnish({ folder, at: fixture.main, signal: never })).toEqual(furnished);
  });

  test('that the person never fetched are said, with what to run', async () => {
    const fixture = await withSubmodules();
    rmSync(join(fixture.person.folder, '.git/modules'), { recursive: true });
    expect((await slotAt(fixture, fixture.main)).furnished).toEqual({
      ok: false,
      detail: expect.stringMatching(
        /^the submodule libs\/library \([0-9a-f]{12}\) is not in .* Run: git -C .* submodule update --init --recursive$/,
      ),
    });
  });

  test('GIT-14 a run cannot have them fetched from elsewhere', async () => {
    const fixture = await withSubmodules();
    rmSync(join(fixture.person.folder, '.git/modules'), { recursive: true });
    const canary = join(fixture.inner, 'ran');
    const tries = [
      ['../../../inner', 'libs/library', join(fixture.inner, 'library')],
      ['library', 'libs/library', `ext::sh -c touch% ${canary}`],
      ['library', 'libs/library', `-u./x;touch ${canary}`],
      ['library', '"libs/library\\r"', join(fixture.inner, 'library')],
    ];
    for (const [at, [name, path, url]] of tries.entries()) {
      const text = `[submodule "${name}"]\n\tpath = ${path}\n\turl = "${url}"\n`;
      const head = await fixture.change({ '.gitmodules': text }, { base: fixture.main });
      const { furnished } = await slotAt(fixture, head, `${BRANCH}x${at}`);
      expect([url, furnished.ok]).toEqual([url, false]);
    }
    expect(existsSync(canary)).toBe(false);
  });

  test.each([
    ['https://host.example/lib.git', undefined, 'https://host.example/lib.git'],
    ['ssh://git@host.example/lib.git', undefined, 'ssh://git@host.example/lib.git'],
    ['git@host.example:team/lib.git', undefined, 'git@host.example:team/lib.git'],
    ['../lib.git', 'https://host.example/team/app.git', 'https://host.example/team/lib.git'],
    ['../../other/lib.git', 'git@host.example:team/app.git', 'git@host.example:other/lib.git'],
    ['./lib.git', 'https://host.example/team/app.git', 'https://host.example/team/app.git/lib.git'],
    ['/srv/lib.git', undefined, undefined],
    ['file:///srv/lib.git', undefined, undefined],
    ['../lib.git', '/srv/app.git', undefined],
    ['ext::sh -c whoami', undefined, undefined],
    ['http://host.example/lib.git', undefined, undefined],
    ['--upload-pack=x', undefined, undefined],
    ['ssh://-oProxyCommand=x/y', undefined, undefined],
    ['git@host:-x', undefined, undefined],
  ])('of a remote may be fetched from another by https and ssh only: %s', (url, base, expected) => {
    expect(remoteUrl(url, base)).toBe(expected);
  });
});

test('a repository opened again finds what was kept', async () => {
  const fixture = await withLfs();
  const { folder } = await slotAt(fixture, fixture.main);
  writeFileSync(join(folder, 'art/logo.png'), 'a new logo');
  const taken = await snapshot(fixture, folder);
  if (taken.end !== 'committed') throw new Error(JSON.stringify(taken));
  const again = openAt(fixture.root, fixture.person.folder);
  await again.open();
  await again.checkout({ folder, at: taken.commit, signal: never });
  expect(await again.furnish({ folder, at: taken.commit, signal: never })).toMatchObject({ ok: true });
  expect(readFileSync(join(folder, 'art/logo.png'), 'utf8')).toBe('a new logo');
  expect(RUN).toBe('run_00000000000000000000000001');
});
