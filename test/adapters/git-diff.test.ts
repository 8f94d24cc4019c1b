import { afterEach, expect, test } from 'vitest';
import { runGit } from '../support/repository.ts';
import { type Fixture, never, setUp } from './git-support.ts';

let open: Fixture[] = [];
const start = async (...args: Parameters<typeof setUp>) => {
  const fixture = await setUp(...args);
  open.push(fixture);
  return fixture;
};
afterEach(() => {
  for (const fixture of open) fixture.cleanUp();
  open = [];
});

test('GIT-09: attributes and one NUL byte hide nothing', async () => {
  const fixture = await start({ 'seen.txt': 'old\n', 'nul.dat': 'text\n', 'pic.bin': 'text\n' });
  const head = await fixture.change({
    '.gitattributes': 'seen.txt -diff\n*.dat binary\nnul.dat diff=none export-ignore\n* ident\n',
    'seen.txt': 'new $Id$\n',
    'nul.dat': 'plain words\n',
    'pic.bin': 'a\0b\n',
  });
  const files = Object.fromEntries((await fixture.repository.diff(fixture.main, head)).map((file) => [file.path, file]));
  expect(files['seen.txt']).toMatchObject({
    status: 'modified',
    additions: 1,
    deletions: 1,
    binary: false,
    patch: '@@ -1 +1 @@\n-old\n+new $Id$\n',
  });
  expect(files['nul.dat']).toMatchObject({ binary: false, patch: '@@ -1 +1 @@\n-text\n+plain words\n' });
  expect(files['pic.bin']).toMatchObject({ binary: true, additions: 0 });
  expect(files['pic.bin']).not.toHaveProperty('patch');
  expect(files['.gitattributes']).toMatchObject({ status: 'added', additions: 4 });
});

test('renames, modes, deletions, links and odd names are told apart', async () => {
  const text = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join('');
  const fixture = await start({ 'from.txt': text, 'run.sh': 'echo\n', 'gone.txt': 'gone\n', 'no-newline': 'a' });
  const head = await fixture.change({
    'from.txt': null,
    'to.txt': text.replace('line 3', 'line three'),
    'run.sh': { text: 'echo\n', mode: 0o755 },
    'gone.txt': null,
    'no-newline': 'b',
    'odd\nname\u001b[31m "x".txt': 'diff --git a/fake b/fake\n@@ -1 +1 @@\n',
    '<img src=x onerror=alert(1)>': 'x\n',
    '--upload-pack=x': 'x\n',
    'ünïcode.txt': 'x\n',
    empty: '',
  });
  const files = Object.fromEntries((await fixture.repository.diff(fixture.main, head)).map((file) => [file.path, file]));
  expect(files['to.txt']).toMatchObject({ status: 'renamed', oldPath: 'from.txt', additions: 1, deletions: 1 });
  expect(files['run.sh']).toMatchObject({ status: 'mode_changed', additions: 0, deletions: 0 });
  expect(files['gone.txt']).toMatchObject({ status: 'deleted', deletions: 1 });
  expect(files['no-newline']?.patch).toContain('\\ No newline at end of file');
  expect(files['odd\nname\u001b[31m "x".txt']?.patch).toBe('@@ -0,0 +1,2 @@\n+diff --git a/fake b/fake\n+@@ -1 +1 @@\n');
  expect(files['empty']).toEqual({ path: 'empty', status: 'added', additions: 0, deletions: 0, binary: false });
  expect(Object.keys(files)).toHaveLength(9);
});

test('kinds of files are said where they are not plain or change', async () => {
  const fixture = await start({
    plain: 'p\n',
    'tool.sh': { text: 't\n', mode: 0o755 },
    'plain.sh': 'x\n',
    'old.sh': { text: 'o\n', mode: 0o755 },
  });
  const head = await fixture.change({
    plain: 'P\n',
    'tool.sh': { text: 'T\n', mode: 0o755 },
    'plain.sh': { text: 'x\n', mode: 0o755 },
    'old.sh': { text: 'o\n', mode: 0o644 },
    'new.sh': { text: 'n\n', mode: 0o755 },
    new: 'n\n',
  });
  const gone = await fixture.change({ 'tool.sh': null }, { base: head, runId: 'run_gone' });
  const modes = async (from: string, to: string) =>
    Object.fromEntries((await fixture.repository.diff(from, to)).map(({ path, oldMode, newMode }) => [path, [oldMode, newMode]]));
  expect(await modes(fixture.main, head)).toEqual({
    plain: [undefined, undefined],
    new: [undefined, undefined],
    'new.sh': [undefined, '100755'],
    'plain.sh': ['100644', '100755'],
    'old.sh': ['100755', '100644'],
    'tool.sh': ['100755', '100755'],
  });
  expect(await modes(head, gone)).toEqual({ 'tool.sh': ['100755', undefined] });
});

test('a file that became a link is shown as both', async () => {
  const fixture = await start({ x: 'text\n', y: 'y\n' });
  fixture.person.git('rm', '-q', 'x');
  fixture.person.git('-c', 'core.symlinks=true', 'commit', '-q', '-m', 'rm');
  runGit(fixture.person.folder, [
    'update-index',
    '--add',
    '--cacheinfo',
    `120000,${runGit(fixture.person.folder, ['rev-parse', 'HEAD:y'])},x`,
  ]);
  fixture.person.git('commit', '-q', '-m', 'link');
  const synced = await fixture.repository.syncFromUpstream(never);
  const files = await fixture.repository.diff(fixture.main, synced.main);
  expect(files).toMatchObject([{ path: 'x', status: 'modified', oldMode: '100644', newMode: '120000' }]);
  expect(files[0]?.patch).toBe('@@ -1 +0,0 @@\n-text\n@@ -0,0 +1 @@\n+y\n');
});

test('a huge file is cut at 2 MiB and says so; the file after it is whole', async () => {
  const fixture = await start();
  const head = await fixture.change({ 'huge.txt': 'some words on a line\n'.repeat(200_000), 'z.txt': 'z\n' });
  const [huge, after] = await fixture.repository.diff(fixture.main, head);
  expect(huge).toMatchObject({ path: 'huge.txt', additions: 200_000, truncated: true });
  expect(huge!.patch!.length).toBeGreaterThan(1_900_000);
  expect(huge!.patch!.length).toBeLessThanOrEqual(2 * 1024 * 1024);
  expect(after).toMatchObject({ path: 'z.txt', patch: '@@ -0,0 +1 @@\n+z\n' });
});
