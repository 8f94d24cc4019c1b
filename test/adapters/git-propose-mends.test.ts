import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { edited, LINES, type Proposals, setUpProposals } from './git-propose-support.ts';

let proposals: Proposals;
beforeAll(async () => {
  proposals = await setUpProposals();
});
afterAll(() => proposals.fixture.cleanUp());

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
    expect(await proposals.made('a.txt', patch)).toBe(edited(5, 'FIVE\n'));
  });

  test('hunks with nothing around them, where their lines are in the file only once', async () => {
    const head = '--- a/a.txt\n+++ b/a.txt\n';
    expect(await proposals.made('a.txt', `${head}@@ -1,1 +1,1 @@\n-line 5\n+FIVE\n@@ -1,1 +1,2 @@\n line 9\n+nine and a half\n`)).toBe(
      edited(5, 'FIVE\n').replace('line 9\n', 'line 9\nnine and a half\n'),
    );
    // Three times in the file: where the header says, or nobody knows which one is meant. git alone takes the last.
    const same = (line: number) => `--- a/same\n+++ b/same\n@@ -${line} +${line} @@\n-same\n+other\n`;
    expect(await proposals.made('same', same(2))).toBe('same\nother\nend\nsame\n');
    expect(await proposals.propose(same(7))).toEqual({
      end: 'does_not_apply',
      detail: 'same, hunk 1: its lines are in the file 3 times, and not at line 7',
    });
    // git alone puts it at the end.
    expect(await proposals.propose(`${head}@@ -3,0 +4,1 @@\n+somewhere\n`)).toEqual({
      end: 'does_not_apply',
      detail: 'a.txt, hunk 1: it has no line of the file in it, so its place is not known',
    });
    expect(await proposals.made('a.txt', `${head}@@ -20,0 +21,1 @@\n+line 21\n`)).toBe(`${LINES.join('')}line 21\n`);
    expect(await proposals.made('a.txt', `${head}@@ -9 +9 @@\n-line 9\n+nine\n@@ -5 +5 @@\n-line 5\n+FIVE\n`)).toBe(
      edited(5, 'FIVE\n').replace('line 9\n', 'nine\n'),
    );
  });

  test('several files without `diff --git`, all counts wrong', async () => {
    const patch = `--- a/a.txt\n+++ b/a.txt\n@@ -4,9 +4,9 @@\n${HUNK}--- a/src/b.ts\n+++ b/src/b.ts\n@@ -1,7 +1,1 @@\n one\n-two\n+TWO\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1,9 @@\n+new\n`;
    const { commit } = await proposals.committed(patch);
    expect(await proposals.fixture.repository.readFile(commit, 'a.txt')).toBe(edited(5, 'FIVE\n'));
    expect(await proposals.fixture.repository.readFile(commit, 'src/b.ts')).toBe('one\nTWO\n\nthree\nfour\n');
    expect(await proposals.fixture.repository.readFile(commit, 'new.txt')).toBe('new\n');
  });

  test('lines beyond the declared count are part of the change: git alone would drop them without a word', async () => {
    const patch = '--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n line 1\n-line 2\n+TWO\n+and\n+more\n line 3\n';
    expect(await proposals.made('a.txt', patch)).toBe(edited(2, 'TWO\nand\nmore\n'));
  });

  test('removed and added lines that look like a header stay lines', async () => {
    const patch = '--- a/query.sql\n+++ b/query.sql\n@@ -1,2 +1,2 @@\n--- first\n+++ second\n SELECT 1;\n';
    expect(await proposals.made('query.sql', patch)).toBe('++ second\nSELECT 1;\n-- last\n');
    const twoHunks = '--- a/query.sql\n+++ b/query.sql\n@@ -1 +1 @@\n--- first\n+++ x\n@@ -3 +3 @@\n--- last\n+-- LAST\n';
    expect(await proposals.made('query.sql', twoHunks)).toBe('++ x\nSELECT 1;\n-- LAST\n');
  });

  test('an empty line of context whose blank was stripped', async () => {
    expect(await proposals.made('src/b.ts', '--- a/src/b.ts\n+++ b/src/b.ts\n@@ -2,3 +2,3 @@\n two\n\n-three\n+THREE\n four\n')).toBe(
      'one\ntwo\n\nTHREE\nfour\n',
    );
    expect(await proposals.made('src/b.ts', '--- a/src/b.ts\n+++ b/src/b.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n\n')).toBe(
      'one\nTWO\n\nthree\nfour\n',
    );
  });

  test('a file keeps its line ends', async () => {
    const hunk = '@@ -1,3 +1,4 @@\n one\n-two\n+TWO\n+new\n three\n';
    const whole = 'one\r\nTWO\r\nnew\r\nthree\r\n';
    expect(await proposals.made('crlf.txt', `--- a/crlf.txt\n+++ b/crlf.txt\n${hunk}`)).toBe(whole);
    expect(await proposals.made('crlf.txt', `--- a/crlf.txt\n+++ b/crlf.txt\n${hunk.replaceAll(/(?<=^[ +-].*)\n/gm, '\r\n')}`)).toBe(whole);
    expect(await proposals.made('crlf.txt', `--- a/crlf.txt\n+++ b/crlf.txt\n${hunk}`.replaceAll('\n', '\r\n'))).toBe(whole);
    // Said on purpose: the removed lines have the carriage return, the added ones have not.
    expect(await proposals.made('crlf.txt', '--- a/crlf.txt\n+++ b/crlf.txt\n@@ -1,3 +1,3 @@\n one\r\n-two\r\n+two\n three\r\n')).toBe(
      'one\r\ntwo\nthree\r\n',
    );
  });

  test('the end of a file without a final newline', async () => {
    const marker = '\\ No newline at end of file\n';
    const head = '--- a/open.txt\n+++ b/open.txt\n';
    expect(await proposals.made('open.txt', `${head}@@ -1,2 +1,2 @@\n one\n-two\n${marker}+TWO\n${marker}`)).toBe('one\nTWO');
    expect(await proposals.made('open.txt', `${head}@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n`)).toBe('one\nTWO\n');
    expect(await proposals.made('open.txt', `${head}@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n`)).toBe('ONE\ntwo');
    expect(await proposals.made('open.txt', `${head}@@ -1,2 +1,3 @@\n one\n two\n+three\n`)).toBe('one\ntwo\nthree\n');
    expect(await proposals.made('openr.txt', '--- a/openr.txt\n+++ b/openr.txt\n@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n')).toBe('ONE\r\ntwo');
    expect(await proposals.made('src/b.ts', `--- a/src/b.ts\n+++ b/src/b.ts\n@@ -4,2 +4,2 @@\n three\n-four\n${marker}+FOUR\n`)).toBe(
      'one\ntwo\n\nthree\nFOUR\n',
    );
    expect(await proposals.made('n', `--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\n${marker}`)).toBe('n');
  });

  test('a new and a deleted file without their mode lines, or with the wrong old name', async () => {
    const { commit } = await proposals.committed(
      'diff --git a/n1 b/n1\n--- /dev/null\n+++ b/n1\n@@ -0,0 +1 @@\n+1\ndiff --git a/n2 b/n2\nnew file mode 100644\n--- a/n2\n+++ b/n2\n@@ -0,0 +1 @@\n+2\ndiff --git a/run.sh b/run.sh\n--- a/run.sh\n+++ /dev/null\n@@ -1 +0,0 @@\n-echo\n',
    );
    expect((await proposals.fixture.repository.diff(proposals.main, commit)).map(({ path, status }) => `${status} ${path}`)).toEqual([
      'added n1',
      'added n2',
      'deleted run.sh',
    ]);
  });
});
