import { expect, test } from 'vitest';
import type { FileDiff } from '#shared/review.ts';
import { closedBecause, markChanged, movedFiles, parsePatch } from '../../daemon/page/diff-lines.ts';

const file = (change: Partial<FileDiff>): FileDiff => ({
  path: 'a.ts',
  status: 'modified',
  additions: 1,
  deletions: 1,
  binary: false,
  ...change,
});

test('lines carry their numbers on both sides, hunk by hunk', () => {
  expect(parsePatch('@@ -3,2 +3,2 @@ function a() {\n one\n-two\n+zwei\n@@ -10 +10,2 @@\n ten\n+eleven\n')).toEqual([
    { kind: 'hunk', oldNumber: 3, newNumber: 3, text: 'function a() {' },
    { kind: 'context', oldNumber: 3, newNumber: 3, text: 'one' },
    { kind: 'removed', oldNumber: 4, text: 'two' },
    { kind: 'added', newNumber: 4, text: 'zwei' },
    { kind: 'hunk', oldNumber: 10, newNumber: 10, text: '' },
    { kind: 'context', oldNumber: 10, newNumber: 10, text: 'ten' },
    { kind: 'added', newNumber: 11, text: 'eleven' },
  ]);
});

test('a changed line that looks like a header or a file name stays a changed line', () => {
  expect(
    parsePatch('@@ -1,2 +1,2 @@\n-@@ -9,9 +9,9 @@\n---- a/x\n+@@ -9,9 +9,9 @@\n++++ b/x\n').map(({ kind, text }) => [kind, text]),
  ).toEqual([
    ['hunk', ''],
    ['removed', '@@ -9,9 +9,9 @@'],
    ['removed', '--- a/x'],
    ['added', '@@ -9,9 +9,9 @@'],
    ['added', '+++ b/x'],
  ]);
});

test('the missing line end is a note and counts as no line', () => {
  expect(parsePatch('@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n').map(({ kind, newNumber }) => [kind, newNumber])).toEqual([
    ['hunk', 1],
    ['removed', undefined],
    ['note', undefined],
    ['added', 1],
  ]);
});

test('nothing of a line is dropped: tabs, carriage returns, empty lines, text that is no patch', () => {
  expect(parsePatch('@@ -1,2 +1,2 @@\n \tx\r\n \n').map(({ text }) => text)).toEqual(['', '\tx\r', '']);
  expect(parsePatch('garbage\n')).toEqual([{ kind: 'note', text: 'garbage' }]);
  expect(parsePatch('')).toEqual([]);
});

test('what differs between counterparts is marked, and only where the lines share enough', () => {
  const marked = (patch: string) => markChanged(parsePatch(`@@ -1,9 +1,9 @@\n${patch}`)).map(({ changed }) => changed);
  expect(marked('-const a = 1;\n+const a = 22;\n')).toEqual([undefined, [10, 11], [10, 12]]);
  expect(marked('-const a = 1;\n+import everything;\n')).toEqual([undefined, undefined, undefined]);
  expect(marked('-one line\n+two\n+lines\n')).toEqual([undefined, undefined, undefined, undefined]);
});

test('marking leaves the lines it was given as they are', () => {
  const lines = parsePatch('@@ -1 +1 @@\n-const a = 1;\n+const a = 2;\n');
  const before = structuredClone(lines);
  markChanged(lines);
  expect(lines).toEqual(before);
});

test('big diffs and lock files start closed, the rest open', () => {
  expect(closedBecause(file({ additions: 300, deletions: 100 }))).toBeUndefined();
  expect(closedBecause(file({ additions: 301, deletions: 100 }))).toBe('401 changed lines');
  expect(closedBecause(file({ path: 'web/package-lock.json' }))).toBe('a lock file');
  expect(closedBecause(file({ path: 'src/package-lock.json.ts' }))).toBeUndefined();
});

test('what moved on between two diffs is named: changed, added and gone files', () => {
  const before = [file({ path: 'same', patch: 'x' }), file({ path: 'changed', patch: 'x' }), file({ path: 'gone' })];
  const after = [file({ path: 'same', patch: 'x' }), file({ path: 'changed', patch: 'y' }), file({ path: 'new' })];
  expect(movedFiles(before, after)).toEqual(['changed', 'new', 'gone']);
  expect(movedFiles(before, before)).toEqual([]);
});

test('40,000 lines are parsed in well under a long task', () => {
  const patch = `@@ -1,20000 +1,20000 @@\n${"-  const a = old(1, 'text');\n+  const a = new(1, 'text');\n".repeat(20_000)}`;
  parsePatch(patch);
  const started = performance.now();
  expect(parsePatch(patch).length).toBe(40_001);
  expect(performance.now() - started).toBeLessThan(100);
});
