import { expect, test } from 'vitest';
import type { FileDiff } from '#shared/review.ts';
import { linesOf } from '../../daemon/page/diff-lines.ts';
import { type Cursor, nextLine, placeOf } from '../../daemon/page/run/diff-cursor.ts';

function file(path: string, patch: string, additions = 1): FileDiff {
  return { path, status: 'modified', additions, deletions: 0, binary: false, patch };
}

const FILES = [
  file('a.ts', '@@ -1,4 +1,4 @@\n one\n-two\n+TWO\n three\n\\ No newline at end of file\n'),
  file('package-lock.json', '@@ -1 +1 @@\n-1\n+2\n'),
  { ...file('picture.png', ''), binary: true, patch: undefined },
  file('b.ts', '@@ -7,2 +7,3 @@\n seven\n+eight\n'),
] satisfies FileDiff[];

function walk(from: Cursor | undefined, by: 1 | -1, any = false): string[] {
  const seen: string[] = [];
  for (let at = nextLine(FILES, from, by, any); at; at = nextLine(FILES, at, by, any)) {
    const line = linesOf(FILES[at.file]!)[at.at]!;
    const place = placeOf(FILES[at.file]!.path, line)!;
    seen.push(`${place.file}:${place.line}${place.side === 'old' ? '-' : ''} ${line.text}`);
  }
  return seen;
}

test('the keyboard walks along the changed lines of all open files, there and back', () => {
  const there = ['a.ts:2- two', 'a.ts:2 TWO', 'b.ts:8 eight'];
  expect(walk(undefined, 1)).toEqual(there);
  expect(walk(undefined, -1)).toEqual(there.toReversed());
});

test('a file that is shown closed is passed over, unless the cursor is in it', () => {
  expect(walk({ file: 1, at: -1 }, 1).slice(0, 2)).toEqual(['package-lock.json:1- 1', 'package-lock.json:1 2']);
});

test('from line to line every line of the file can be reached, and no row that is none', () => {
  expect(walk({ file: 0, at: 0 }, 1, true)).toEqual(['a.ts:1 one', 'a.ts:2- two', 'a.ts:2 TWO', 'a.ts:3 three']);
  expect(linesOf(FILES[0]!).flatMap((line) => (placeOf('a.ts', line) ? [] : [line.kind]))).toEqual(['hunk', 'note']);
});

test('where nothing is left, the cursor stays where it is', () => {
  expect(nextLine(FILES, { file: 3, at: 2 }, 1)).toBeUndefined();
  expect(nextLine([], undefined, 1)).toBeUndefined();
});
