import { execFileSync } from 'node:child_process';
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRepository, runGit } from '../support/repository.ts';
import { type Fixture, IDENTITY, locksIn, never, setUp } from './git-support.ts';

let fixture: Fixture;
let main: string;
const LINES = Array.from({ length: 20 }, (_, index) => `line ${index + 1}\n`);

beforeAll(async () => {
  fixture = await setUp({
    'a.txt': LINES.join(''),
    'src/b.ts': 'one\ntwo\n\nthree\nfour\n',
    'crlf.txt': 'one\r\ntwo\r\nthree\r\n',
    'open.txt': 'one\ntwo',
    'openr.txt': 'one\r\ntwo',
    'run.sh': { text: 'echo\n', mode: 0o755 },
    'query.sql': '-- first\nSELECT 1;\n-- last\n',
    'big.txt': `head\n${'x'.repeat(30 * 1024 * 1024)}\n`,
    'keep/HEAD': 'x\n',
    same: 'same\nsame\nend\nsame\n',
  });
  symlinkSync('a.txt', join(fixture.person.folder, 'link'));
  fixture.person.commit({}, 'a link');
  main = (await fixture.repository.syncFromUpstream(never)).main;
});
afterAll(() => fixture.cleanUp());

let count = 0;
const propose = (patch: string, runId = `run_${++count}`, repository = fixture.repository) =>
  repository.proposePatch({ runId, base: main, patch, message: 'proposal\n', identity: IDENTITY, signal: never });
const committed = async (patch: string) => {
  const done = await propose(patch);
  if (done.end !== 'committed') throw new Error(JSON.stringify(done));
  return done;
};
/** Content of a file after a patch. */
const made = async (path: string, patch: string) => fixture.repository.readFile((await committed(patch)).commit, path);
const control = (...args: string[]) => runGit('/', ['--git-dir', fixture.repository.gitDir, ...args]);
const edited = (number: number, text: string) => LINES.map((line, index) => (index + 1 === number ? text : line)).join('');

/** The same numbers each time. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}
const miscounted = (text: string) =>
  text.replace(/^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/gm, (_all, from: string, to: string) => `@@ -${from},77 +${to},1 @@`);

const A2 = '--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n line 1\n-line 2\n+TWO\n line 3\n';

describe('a patch that applies', () => {
  test('is one commit on its base, pinned; no branch, no checkout and no other ref moves; the same hash each time', async () => {
    const before = control('for-each-ref', '--format=%(refname) %(objectname)');
    const first = await propose(A2, 'run_same');
    if (first.end !== 'committed') throw new Error(JSON.stringify(first));
    expect(await propose(A2, 'run_same', fixture.reopen())).toEqual(first);
    expect(control('rev-parse', `${first.commit}^`)).toBe(main);
    expect(control('rev-parse', `${first.commit}^{tree}`)).toBe(first.tree);
    expect(await fixture.repository.readFile(first.commit, 'a.txt')).toBe(edited(2, 'TWO\n'));
    const now = control('for-each-ref', '--format=%(refname) %(objectname)').split('\n');
    expect(now.filter((line) => !before.split('\n').includes(line))).toEqual([`refs/codex-builder/proposal/run_same ${first.commit}`]);
    expect(readdirSync(join(fixture.root, 'state/index')).filter((name) => name.startsWith('index-'))).toEqual([]);
  });

  test('a later proposal of the run takes the place of the first', async () => {
    await propose(A2, 'run_again');
    const second = await propose(A2.replace('TWO', 'ZWEI'), 'run_again');
    expect(second.end === 'committed' && second.commit).toBe(await fixture.repository.head('refs/codex-builder/proposal/run_again'));
  });

  test('adds, deletes, renames, makes executable and links within the tree', async () => {
    const { commit } = await committed(
      [
        'diff --git a/new.ts b/new.ts\nnew file mode 100644\nindex 0000000..1234567\n--- /dev/null\n+++ b/new.ts\n@@ -0,0 +1,2 @@\n+new\n+file\n',
        'diff --git a/run.sh b/run.sh\ndeleted file mode 100755\n--- a/run.sh\n+++ /dev/null\n@@ -1 +0,0 @@\n-echo\n',
        'diff --git a/src/b.ts b/src/c.ts\nsimilarity index 90%\nrename from src/b.ts\nrename to src/c.ts\n--- a/src/b.ts\n+++ b/src/c.ts\n@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n',
        'diff --git a/query.sql b/query.sql\nold mode 100644\nnew mode 100755\n',
        'diff --git a/src/to b/src/to\nnew file mode 120000\n--- /dev/null\n+++ b/src/to\n@@ -0,0 +1 @@\n+../a.txt\n\\ No newline at end of file\n',
      ].join(''),
    );
    const files = (await fixture.repository.diff(main, commit)).map(({ path, status }) => [path, status]);
    expect(files).toEqual([
      ['new.ts', 'added'],
      ['query.sql', 'mode_changed'],
      ['run.sh', 'deleted'],
      ['src/c.ts', 'renamed'],
      ['src/to', 'added'],
    ]);
  });

  test('nothing changed is empty', async () => {
    expect(await propose('')).toEqual({ end: 'empty' });
    expect(await propose(' \n\n')).toEqual({ end: 'empty' });
    expect(await propose('--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n line 1\n-line 2\n+line 2\n')).toEqual({ end: 'empty' });
    expect(await fixture.repository.head(`refs/codex-builder/proposal/run_${count}`)).toBeUndefined();
  });
});

describe('what models get wrong and a person would read without doubt', () => {
  const HUNK = ' line 4\n-line 5\n+FIVE\n line 6\n';
  test.each<[string, string]>([
    ['no prefixes', `--- a.txt\n+++ a.txt\n@@ -4,3 +4,3 @@\n${HUNK}`],
    ['git without prefixes', `diff --git a.txt a.txt\nindex 1..2 100644\n--- a.txt\n+++ a.txt\n@@ -4,3 +4,3 @@\n${HUNK}`],
    ['dates after the names', `--- a/a.txt\t2026-01-01 00:00:00\n+++ b/a.txt\t2026-01-01 00:00:00\n@@ -4,3 +4,3 @@\n${HUNK}`],
    ['counts too low', `--- a/a.txt\n+++ b/a.txt\n@@ -4,1 +4,1 @@\n${HUNK}`],
    ['counts too high', `--- a/a.txt\n+++ b/a.txt\n@@ -4,9 +4,12 @@\n${HUNK}`],
    ['no counts', `--- a/a.txt\n+++ b/a.txt\n@@ -4 +4 @@\n${HUNK}`],
    ['a start that is off', `--- a/a.txt\n+++ b/a.txt\n@@ -11,3 +11,3 @@\n${HUNK}`],
    ['every start at the first line', `--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n${HUNK}`],
    ['no newline after the last line', `--- a/a.txt\n+++ b/a.txt\n@@ -4,3 +4,3 @@\n${HUNK.trimEnd()}`],
    ['empty lines after it', `--- a/a.txt\n+++ b/a.txt\n@@ -4,3 +4,3 @@\n${HUNK}\n\n`],
    ['empty lines after it and counts too high', `--- a/a.txt\n+++ b/a.txt\n@@ -4,7 +4,7 @@\n${HUNK}\n\n`],
    [
      'words and fences around it',
      `Here is the change:\n\n\`\`\`diff\n--- a/a.txt\n+++ b/a.txt\n@@ -4,3 +4,3 @@\n${HUNK}\`\`\`\nThat is all.\n`,
    ],
    ['the end of a mail', `--- a/a.txt\n+++ b/a.txt\n@@ -4,3 +4,3 @@\n${HUNK}-- \n2.39.5\n`],
    ['carriage returns throughout', `--- a/a.txt\n+++ b/a.txt\n@@ -4,3 +4,3 @@\n${HUNK}`.replaceAll('\n', '\r\n')],
    ['carriage returns in the hunk', `--- a/a.txt\n+++ b/a.txt\n@@ -4,3 +4,3 @@\n${HUNK.replaceAll('\n', '\r\n')}`],
    ['hashes made up', `diff --git a/a.txt b/a.txt\nindex zzz..abc 100644\n--- a/a.txt\n+++ b/a.txt\n@@ -4,3 +4,3 @@\n${HUNK}`],
  ])('%s', async (_what, patch) => {
    expect(await made('a.txt', patch)).toBe(edited(5, 'FIVE\n'));
  });

  test('hunks with nothing around them, where their lines are in the file only once', async () => {
    const head = '--- a/a.txt\n+++ b/a.txt\n';
    expect(await made('a.txt', `${head}@@ -1,1 +1,1 @@\n-line 5\n+FIVE\n@@ -1,1 +1,2 @@\n line 9\n+nine and a half\n`)).toBe(
      edited(5, 'FIVE\n').replace('line 9\n', 'line 9\nnine and a half\n'),
    );
    // Three times in the file: where the header says, or nobody knows which one is meant. git alone takes the last.
    const same = (line: number) => `--- a/same\n+++ b/same\n@@ -${line} +${line} @@\n-same\n+other\n`;
    expect(await made('same', same(2))).toBe('same\nother\nend\nsame\n');
    expect(await propose(same(7))).toEqual({
      end: 'does_not_apply',
      detail: 'same, hunk 1: its lines are in the file 3 times, and not at line 7',
    });
    // git alone puts it at the end.
    expect(await propose(`${head}@@ -3,0 +4,1 @@\n+somewhere\n`)).toEqual({
      end: 'does_not_apply',
      detail: 'a.txt, hunk 1: it has no line of the file in it, so its place is not known',
    });
    expect(await made('a.txt', `${head}@@ -20,0 +21,1 @@\n+line 21\n`)).toBe(`${LINES.join('')}line 21\n`);
    expect(await made('a.txt', `${head}@@ -9 +9 @@\n-line 9\n+nine\n@@ -5 +5 @@\n-line 5\n+FIVE\n`)).toBe(
      edited(5, 'FIVE\n').replace('line 9\n', 'nine\n'),
    );
  });

  test('several files without `diff --git`, all counts wrong', async () => {
    const patch = `--- a/a.txt\n+++ b/a.txt\n@@ -4,9 +4,9 @@\n${HUNK}--- a/src/b.ts\n+++ b/src/b.ts\n@@ -1,7 +1,1 @@\n one\n-two\n+TWO\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1,9 @@\n+new\n`;
    const { commit } = await committed(patch);
    expect(await fixture.repository.readFile(commit, 'a.txt')).toBe(edited(5, 'FIVE\n'));
    expect(await fixture.repository.readFile(commit, 'src/b.ts')).toBe('one\nTWO\n\nthree\nfour\n');
    expect(await fixture.repository.readFile(commit, 'new.txt')).toBe('new\n');
  });

  test('lines beyond the declared count are part of the change: git alone would drop them without a word', async () => {
    const patch = '--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n line 1\n-line 2\n+TWO\n+and\n+more\n line 3\n';
    expect(await made('a.txt', patch)).toBe(edited(2, 'TWO\nand\nmore\n'));
  });

  test('removed and added lines that look like a header stay lines', async () => {
    const patch = '--- a/query.sql\n+++ b/query.sql\n@@ -1,2 +1,2 @@\n--- first\n+++ second\n SELECT 1;\n';
    expect(await made('query.sql', patch)).toBe('++ second\nSELECT 1;\n-- last\n');
    const twoHunks = '--- a/query.sql\n+++ b/query.sql\n@@ -1 +1 @@\n--- first\n+++ x\n@@ -3 +3 @@\n--- last\n+-- LAST\n';
    expect(await made('query.sql', twoHunks)).toBe('++ x\nSELECT 1;\n-- LAST\n');
  });

  test('an empty line of context whose blank was stripped', async () => {
    expect(await made('src/b.ts', '--- a/src/b.ts\n+++ b/src/b.ts\n@@ -2,3 +2,3 @@\n two\n\n-three\n+THREE\n four\n')).toBe(
      'one\ntwo\n\nTHREE\nfour\n',
    );
    expect(await made('src/b.ts', '--- a/src/b.ts\n+++ b/src/b.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n\n')).toBe(
      'one\nTWO\n\nthree\nfour\n',
    );
  });

  test('a file keeps its line ends', async () => {
    const hunk = '@@ -1,3 +1,4 @@\n one\n-two\n+TWO\n+new\n three\n';
    const whole = 'one\r\nTWO\r\nnew\r\nthree\r\n';
    expect(await made('crlf.txt', `--- a/crlf.txt\n+++ b/crlf.txt\n${hunk}`)).toBe(whole);
    expect(await made('crlf.txt', `--- a/crlf.txt\n+++ b/crlf.txt\n${hunk.replaceAll(/(?<=^[ +-].*)\n/gm, '\r\n')}`)).toBe(whole);
    expect(await made('crlf.txt', `--- a/crlf.txt\n+++ b/crlf.txt\n${hunk}`.replaceAll('\n', '\r\n'))).toBe(whole);
    // Said on purpose: the removed lines have the carriage return, the added ones have not.
    expect(await made('crlf.txt', '--- a/crlf.txt\n+++ b/crlf.txt\n@@ -1,3 +1,3 @@\n one\r\n-two\r\n+two\n three\r\n')).toBe(
      'one\r\ntwo\nthree\r\n',
    );
  });

  test('the end of a file without a final newline', async () => {
    const marker = '\\ No newline at end of file\n';
    const head = '--- a/open.txt\n+++ b/open.txt\n';
    expect(await made('open.txt', `${head}@@ -1,2 +1,2 @@\n one\n-two\n${marker}+TWO\n${marker}`)).toBe('one\nTWO');
    expect(await made('open.txt', `${head}@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n`)).toBe('one\nTWO\n');
    expect(await made('open.txt', `${head}@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n`)).toBe('ONE\ntwo');
    expect(await made('open.txt', `${head}@@ -1,2 +1,3 @@\n one\n two\n+three\n`)).toBe('one\ntwo\nthree\n');
    expect(await made('openr.txt', '--- a/openr.txt\n+++ b/openr.txt\n@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n')).toBe('ONE\r\ntwo');
    expect(await made('src/b.ts', `--- a/src/b.ts\n+++ b/src/b.ts\n@@ -4,2 +4,2 @@\n three\n-four\n${marker}+FOUR\n`)).toBe(
      'one\ntwo\n\nthree\nFOUR\n',
    );
    expect(await made('n', `--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\n${marker}`)).toBe('n');
  });

  test('a new and a deleted file without their mode lines, or with the wrong old name', async () => {
    const { commit } = await committed(
      'diff --git a/n1 b/n1\n--- /dev/null\n+++ b/n1\n@@ -0,0 +1 @@\n+1\ndiff --git a/n2 b/n2\nnew file mode 100644\n--- a/n2\n+++ b/n2\n@@ -0,0 +1 @@\n+2\ndiff --git a/run.sh b/run.sh\n--- a/run.sh\n+++ /dev/null\n@@ -1 +0,0 @@\n-echo\n',
    );
    expect((await fixture.repository.diff(main, commit)).map(({ path, status }) => `${status} ${path}`)).toEqual([
      'added n1',
      'added n2',
      'deleted run.sh',
    ]);
  });
});

describe('what is refused, and nothing is pinned', () => {
  const added = (path: string, mode = '100644', text = 'x') =>
    `diff --git a/${path} b/${path}\nnew file mode ${mode}\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${text}\n\\ No newline at end of file\n`;
  const refusedPaths = async (patch: string) => {
    const done = await propose(patch);
    if (done.end !== 'refused') throw new Error(JSON.stringify(done));
    expect(await fixture.repository.head(`refs/codex-builder/proposal/run_${count}`)).toBeUndefined();
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
    expect(await refusedPaths(added('inner', '160000', `Subproject commit ${main}`))).toEqual(['inner']);
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
    const objects = () => /^count: \d+/m.exec(control('count-objects', '-v'))![0];
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
    const done = await propose(patch);
    if (done.end !== 'does_not_apply') throw new Error(JSON.stringify(done).slice(0, 500));
    expect(done.detail).toContain(why);
    expect(done.detail.length).toBeLessThan(650);
    expect(await fixture.repository.head(`refs/codex-builder/proposal/run_${count}`)).toBeUndefined();
  });

  test('one file that does not apply, and none of the others is taken', async () => {
    const done = await propose(`${A2}--- a/none.txt\n+++ b/none.txt\n@@ -1 +1 @@\n-x\n+y\n`);
    expect(done.end).toBe('does_not_apply');
  });
});

test('whatever git itself prints as a diff is applied to the same tree, in every dress', async () => {
  const folder = join(fixture.root, 'dress');
  runGit('/', ['clone', '-q', fixture.person.folder, folder]);
  const write = (path: string, text: string) =>
    execFileSync('sh', ['-c', 'mkdir -p "$(dirname "$0")"; cat > "$0"', join(folder, path)], { input: text });
  write('a.txt', LINES.filter((_, index) => index % 5 !== 3).join('') + 'tail\n');
  write('src/b.ts', 'zero\none\n\nthree\nfour\nfive\n');
  write('crlf.txt', 'one\r\nzwei\r\nthree\r\nfour\r\n');
  write('open.txt', 'one\nTWO');
  write('a name with blanks/ü.txt', 'x\n');
  write('query.sql', '-- other\nSELECT 2;\n');
  execFileSync('rm', [join(folder, 'run.sh')]);
  runGit(folder, ['add', '-A']);
  const tree = runGit(folder, ['write-tree']);
  const raw = (...args: string[]) => execFileSync('git', ['-C', folder, ...args, 'diff', '--cached', '--no-color', 'HEAD']).toString();
  const diff = (...args: string[]) => execFileSync('git', ['-C', folder, 'diff', '--cached', '--no-color', ...args, 'HEAD']).toString();
  const plain = (text: string) => text.replace(/^(?:diff --git|index|new file mode|deleted file mode) .*\n/gm, '');
  const dresses: [string, string][] = [
    ['git', diff()],
    ['no prefix', diff('--no-prefix')],
    ['unquoted', raw('-c', 'core.quotePath=false')],
    ['wide', diff('-U10')],
    ['traditional', plain(diff())],
    ['traditional, no prefix', plain(diff('--no-prefix'))],
    ['miscounted', miscounted(diff())],
    ['miscounted, traditional', miscounted(plain(diff()))],
    ['blanks stripped', diff().replace(/^ $/gm, '')],
  ];
  for (const [dress, patch] of dresses) {
    const done = await propose(patch);
    expect([dress, done.end === 'committed' ? done.tree : done]).toEqual([dress, tree]);
  }
});

test('among lines that are all alike the change lands where it was made, or not at all', async () => {
  const random = createRandom(11);
  const files = Array.from({ length: 24 }, () => Array.from({ length: 12 }, () => 'ab'[random(2)]!));
  const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;
  const named = (each: (lines: string[], index: number) => string[]) =>
    Object.fromEntries(files.map((lines, index) => [`alike/${index}`, text(each([...lines], index))]));
  const folder = join(fixture.root, 'alike');
  const alike = makeRepository(
    folder,
    named((lines) => lines),
  );
  const base = await fixture.change(
    named((lines) => lines),
    { base: main, runId: 'run_alike' },
  );
  const wanted = named((lines) => {
    for (let times = 0; times < 2; times++) lines.splice(random(lines.length), random(2), ...['ab'[random(2)]!, 'c'].slice(random(2)));
    return lines;
  });
  alike.write(wanted);
  let landed = 0;
  for (const [index, [path, content]] of Object.entries(wanted).entries()) {
    const diff = execFileSync('git', ['diff', `-U${index % 4}`, '--', path], { cwd: folder }).toString();
    const patch = index % 3 === 0 ? miscounted(diff) : diff;
    const done = await fixture.repository.proposePatch({
      runId: 'run_alike',
      base,
      patch,
      message: 'm',
      identity: IDENTITY,
      signal: never,
    });
    if (done.end === 'does_not_apply') continue;
    landed++;
    const got = done.end === 'committed' ? await fixture.repository.readFile(done.commit, path) : text(files[index]!);
    expect([patch, got]).toEqual([patch, content]);
  }
  expect(landed).toBeGreaterThan(12);
});

test('no text whatever throws, hangs or leaves anything behind', { timeout: 60_000 }, async () => {
  const whole = `${A2}diff --git a/new b/new\nnew file mode 100755\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\ndiff --git a/run.sh b/moved\nrename from run.sh\nrename to moved\n`;
  const random = createRandom(7);
  const pieces = [
    ...whole.split('\n'),
    '',
    '\\',
    '@@',
    '@@ -0 +0 @@',
    '-- ',
    '--- ',
    '+++ ',
    'diff --git ',
    '"',
    '\r',
    '\ud800',
    'rename from ',
    'new mode 120000',
    '-'.repeat(300),
  ];
  const ends = new Set<string>();
  for (let round = 0; round < 150; round++) {
    const lines = whole.split('\n');
    for (let times = 1 + random(4); times > 0; times--) {
      const at = random(lines.length);
      if (random(3) === 0) lines.splice(at, 1);
      else lines.splice(at, random(2), pieces[random(pieces.length)]!);
    }
    ends.add((await propose(lines.join('\n'), 'run_fuzz')).end);
  }
  expect(ends).toContain('committed');
  expect(ends).toContain('does_not_apply');
  expect((await propose('-- \n'.repeat(500_000), 'run_fuzz')).end).toBe('does_not_apply');
  expect((await propose(`${A2}${'-- \n'.repeat(500_000)}`, 'run_fuzz')).end).toBe('does_not_apply');
  expect((await propose(`diff --git ${'a '.repeat(500_000)}\n`, 'run_fuzz')).end).toBe('does_not_apply');
  expect(locksIn(fixture.repository.gitDir)).toEqual([]);
  expect(readdirSync(join(fixture.root, 'state/index')).filter((name) => name.startsWith('index-'))).toEqual([]);
});
