import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { A2, edited, type Proposals, setUpProposals } from './git-propose-support.ts';

let proposals: Proposals;
beforeAll(async () => {
  proposals = await setUpProposals();
});
afterAll(() => proposals.fixture.cleanUp());

describe('a patch that applies', () => {
  test('is one commit on its base, pinned; no branch, no checkout and no other ref moves; the same hash each time', async () => {
    const before = proposals.control('for-each-ref', '--format=%(refname) %(objectname)');
    const first = await proposals.propose(A2, 'run_same');
    if (first.end !== 'committed') throw new Error(JSON.stringify(first));
    expect(await proposals.propose(A2, 'run_same', proposals.fixture.reopen())).toEqual(first);
    expect(proposals.control('rev-parse', `${first.commit}^`)).toBe(proposals.main);
    expect(proposals.control('rev-parse', `${first.commit}^{tree}`)).toBe(first.tree);
    expect(await proposals.fixture.repository.readFile(first.commit, 'a.txt')).toBe(edited(2, 'TWO\n'));
    const now = proposals.control('for-each-ref', '--format=%(refname) %(objectname)').split('\n');
    expect(now.filter((line) => !before.split('\n').includes(line))).toEqual([`refs/codex-builder/proposal/run_same ${first.commit}`]);
    expect(readdirSync(join(proposals.fixture.root, 'state/index')).filter((name) => name.startsWith('index-'))).toEqual([]);
  });

  test('a later proposal of the run takes the place of the first', async () => {
    await proposals.propose(A2, 'run_again');
    const second = await proposals.propose(A2.replace('TWO', 'ZWEI'), 'run_again');
    expect(second.end === 'committed' && second.commit).toBe(
      await proposals.fixture.repository.head('refs/codex-builder/proposal/run_again'),
    );
  });

  test('adds, deletes, renames, makes executable and links within the tree', async () => {
    const { commit } = await proposals.committed(
      [
        'diff --git a/new.ts b/new.ts\nnew file mode 100644\nindex 0000000..1234567\n--- /dev/null\n+++ b/new.ts\n@@ -0,0 +1,2 @@\n+new\n+file\n',
        'diff --git a/run.sh b/run.sh\ndeleted file mode 100755\n--- a/run.sh\n+++ /dev/null\n@@ -1 +0,0 @@\n-echo\n',
        'diff --git a/src/b.ts b/src/c.ts\nsimilarity index 90%\nrename from src/b.ts\nrename to src/c.ts\n--- a/src/b.ts\n+++ b/src/c.ts\n@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n',
        'diff --git a/query.sql b/query.sql\nold mode 100644\nnew mode 100755\n',
        'diff --git a/src/to b/src/to\nnew file mode 120000\n--- /dev/null\n+++ b/src/to\n@@ -0,0 +1 @@\n+../a.txt\n\\ No newline at end of file\n',
      ].join(''),
    );
    const files = (await proposals.fixture.repository.diff(proposals.main, commit)).map(({ path, status }) => [path, status]);
    expect(files).toEqual([
      ['new.ts', 'added'],
      ['query.sql', 'mode_changed'],
      ['run.sh', 'deleted'],
      ['src/c.ts', 'renamed'],
      ['src/to', 'added'],
    ]);
  });

  test('nothing changed is empty', async () => {
    expect(await proposals.propose('')).toEqual({ end: 'empty' });
    expect(await proposals.propose(' \n\n')).toEqual({ end: 'empty' });
    expect(await proposals.propose('--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n line 1\n-line 2\n+line 2\n')).toEqual({ end: 'empty' });
    expect(await proposals.fixture.repository.head(proposals.lastPin())).toBeUndefined();
  });
});

describe('what is refused, and nothing is pinned', () => {
  const added = (path: string, mode = '100644', text = 'x') =>
    `diff --git a/${path} b/${path}\nnew file mode ${mode}\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${text}\n\\ No newline at end of file\n`;
  const refusedPaths = async (patch: string) => {
    const done = await proposals.propose(patch);
    if (done.end !== 'refused') throw new Error(JSON.stringify(done));
    expect(await proposals.fixture.repository.head(proposals.lastPin())).toBeUndefined();
    return done.problems.map(({ path }) => path);
  };

  test.each([
    '.git/config',
    '.GIT/hooks/post-checkout',
    'sub/.git/config',
    'git~1/config',
    '.g\u200cit/config',
    '../up',
    'src/../../up',
    '/etc/passwd',
    './x',
    '.git ',
  ])('the path %j', async (path) => {
    expect(await refusedPaths(added(path))).toEqual([path]);
    expect(await refusedPaths(`--- /dev/null\n+++ ${path}\n@@ -0,0 +1 @@\n+x\n`)).toHaveLength(1);
    expect(await refusedPaths(`diff --git a/a.txt b/${path}\nrename from a.txt\nrename to ${path}\n`)).toEqual([path]);
  });

  test('links out of the tree, what lies behind a link, git repositories', async () => {
    expect(await refusedPaths(added('out', '120000', '/etc/passwd') + added('src/up', '120000', '../../x'))).toEqual(['out', 'src/up']);
    expect(await refusedPaths(added('link/x'))).toEqual(['link/x']);
    expect(await refusedPaths(added('door', '120000', '.') + added('door/x'))).toEqual(['door/x']);
    expect(await refusedPaths(added('inner', '160000', `Subproject commit ${proposals.main}`))).toEqual(['inner']);
    expect(await refusedPaths(added('bare/HEAD') + added('bare/objects/x') + added('bare/refs/x'))).toEqual(['bare']);
    expect(
      await refusedPaths(
        `--- a/link\n+++ b/link\n@@ -1 +1 @@\n-a.txt\n\\ No newline at end of file\n+/etc\n\\ No newline at end of file\n`,
      ),
    ).toEqual(['link']);
  });

  test('names that are no text or too long', async () => {
    expect(
      await refusedPaths(
        'diff --git "a/caf\\351" "b/caf\\351"\nnew file mode 100644\n--- /dev/null\n+++ "b/caf\\351"\n@@ -0,0 +1 @@\n+x\n',
      ),
    ).toEqual(['caf\\351']);
    expect(await refusedPaths(added(Array.from({ length: 6 }, () => 'p'.repeat(200)).join('/')))).toHaveLength(1);
  });

  test('GIT-16: more than a snapshot may write is refused before git writes it', async () => {
    const objects = () => /^count: \d+/m.exec(proposals.control('count-objects', '-v'))![0];
    const before = objects();
    const copy = (index: number) =>
      `diff --git a/big.txt b/big${index}\nsimilarity index 99%\ncopy from big.txt\ncopy to big${index}\n--- a/big.txt\n+++ b/big${index}\n@@ -1 +1,2 @@\n head\n+${index}\n`;
    expect(await refusedPaths(Array.from({ length: 8 }, (_, index) => copy(index)).join(''))).toEqual(['']);
    const again = (index: number) => `--- a/big.txt\n+++ b/big.txt\n@@ -1 +1 @@\n-${index === 0 ? 'head' : index}\n+${index + 1}\n`;
    expect(await refusedPaths(Array.from({ length: 8 }, (_, index) => again(index)).join(''))).toEqual(['']);
    const chain = (index: number) => `diff --git a/b${index} b/b${index + 1}\nrename from b${index}\nrename to b${index + 1}\n`;
    expect(await refusedPaths(Array.from({ length: 8 }, (_, index) => chain(index)).join(''))).toEqual(['']);
    expect(
      await refusedPaths(Array.from({ length: 20_001 }, (_, index) => `--- /dev/null\n+++ b/m/${index}\n@@ -0,0 +1 @@\n+x\n`).join('')),
    ).toEqual(['']);
    expect(objects()).toBe(before);
  }, 60_000);
});

describe('what does not apply says why, short', () => {
  test.each<[string, string, string]>([
    [
      'context that is not there',
      '--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n line 1\n-line 99\n+x\n',
      'a.txt, hunk 1: its lines are not in the file',
    ],
    ['a file that is not there', '--- a/none.txt\n+++ b/none.txt\n@@ -1 +1 @@\n-x\n+y\n', 'none.txt: does not exist in index'],
    ['a new file that is there', '--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+y\n', 'a.txt: already exists in index'],
    ['words', 'I would change the colour to blue.\n', 'There is no unified diff in the text.'],
    ['no line numbers', '--- a/a.txt\n+++ b/a.txt\n@@ ... @@\n-line 2\n+x\n', 'line 3 of the patch: a hunk header without line numbers'],
    ['a hunk before any name', '@@ -1 +1 @@\n-line 2\n+x\n', 'line 1 of the patch: a hunk without a file name before it'],
    [
      'a line that lost its sign',
      '--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n line 1\nline 2\n-line 3\n+x\n',
      'line 6 of the patch: a changed line outside of a hunk',
    ],
    [
      'a mode that is none',
      'diff --git a/d b/d\nnew file mode 040000\n--- /dev/null\n+++ b/d\n@@ -0,0 +1 @@\n+x\n',
      'line 2 of the patch: 040000 is not a file mode',
    ],
    [
      'binary',
      'diff --git a/x b/x\nnew file mode 100644\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n',
      'line 3 of the patch: a binary change',
    ],
    ['binary by hash', 'diff --git a/a.txt b/a.txt\nBinary files a/a.txt and b/a.txt differ\n', 'line 2 of the patch: a binary change'],
    ['a NUL byte', '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-line 1\n+a\0b\n', 'NUL'],
    ['far too long', `--- a/a.txt\n+++ b/a.txt\n@@ -1 +1,2 @@\n line 1\n+${'x'.repeat(3_000_000)}\n`, 'longer than'],
  ])('%s', async (_what, patch, why) => {
    const done = await proposals.propose(patch);
    if (done.end !== 'does_not_apply') throw new Error(JSON.stringify(done).slice(0, 500));
    expect(done.detail).toContain(why);
    expect(done.detail.length).toBeLessThan(650);
    expect(await proposals.fixture.repository.head(proposals.lastPin())).toBeUndefined();
  });

  test('one file that does not apply, and none of the others is taken', async () => {
    const done = await proposals.propose(`${A2}--- a/none.txt\n+++ b/none.txt\n@@ -1 +1 @@\n-x\n+y\n`);
    expect(done.end).toBe('does_not_apply');
  });
});
