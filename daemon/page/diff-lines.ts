import type { FileDiff } from '#shared/review.ts';

export interface DiffLine {
  kind: 'hunk' | 'context' | 'added' | 'removed' | 'note';
  oldNumber?: number;
  newNumber?: number;
  /** Without the leading sign; for a hunk what follows the second `@@`, for a note its words. */
  text: string;
  /** Part of the line that differs from its counterpart: start and end offsets. */
  changed?: readonly [number, number];
}

/** Lines above which a file stays closed until a person opens it. */
const OPEN_LIMIT = 400;

const HEADER = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/;

/** Lines of a unified patch. Every line of a file stands behind a sign, so only a header can begin with `@@`. */
export function parsePatch(patch: string): DiffLine[] {
  const lines: DiffLine[] = [];
  let oldNumber = 0;
  let newNumber = 0;
  const source = patch.endsWith('\n') ? patch.slice(0, -1) : patch;
  for (const raw of source === '' ? [] : source.split('\n')) {
    const sign = raw[0];
    const header = sign === '@' ? HEADER.exec(raw) : null;
    if (header) {
      oldNumber = Number(header[1]);
      newNumber = Number(header[2]);
      lines.push({ kind: 'hunk', oldNumber, newNumber, text: header[3]! });
    } else if (sign === '+') lines.push({ kind: 'added', newNumber: newNumber++, text: raw.slice(1) });
    else if (sign === '-') lines.push({ kind: 'removed', oldNumber: oldNumber++, text: raw.slice(1) });
    else if (sign === '\\') lines.push({ kind: 'note', text: raw.slice(1).trim() });
    else if (sign === ' ' || sign === undefined)
      lines.push({ kind: 'context', oldNumber: oldNumber++, newNumber: newNumber++, text: raw.slice(1) });
    else lines.push({ kind: 'note', text: raw });
  }
  return lines;
}

const read = new WeakMap<FileDiff, DiffLine[]>();

/** Lines of a file's patch, read once. */
export function linesOf(file: FileDiff): readonly DiffLine[] {
  let lines = read.get(file);
  if (!lines) {
    lines = parsePatch(file.patch ?? '');
    read.set(file, lines);
  }
  return lines;
}

/** The lines with what differs between counterparts marked: within stretches of as many added as removed lines. */
export function markChanged(from: readonly DiffLine[]): DiffLine[] {
  const lines = from.map((line) => ({ ...line }));
  for (let start = 0; start < lines.length; start++) {
    if (lines[start]!.kind !== 'removed') continue;
    let middle = start;
    while (lines[middle]?.kind === 'removed') middle += 1;
    let end = middle;
    while (lines[end]?.kind === 'added') end += 1;
    if (end - middle === middle - start) {
      for (let i = 0; i < middle - start; i++) markPair(lines[start + i]!, lines[middle + i]!);
    }
    start = end - 1;
  }
  return lines;
}

function markPair(before: DiffLine, after: DiffLine): void {
  const a = before.text;
  const b = after.text;
  const shorter = Math.min(a.length, b.length);
  if (shorter > 1_000) return;
  let head = 0;
  while (head < shorter && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  // Two lines that share little are two lines, not one changed line.
  const shared = a.slice(0, head).trim().length + a.slice(a.length - tail).trim().length;
  if (shared < Math.max(a.trim().length, b.trim().length) * 0.4) return;
  if (head < a.length - tail) before.changed = [head, a.length - tail];
  if (head < b.length - tail) after.changed = [head, b.length - tail];
}

/** Whether a file should be shown closed at first, and why. */
export function closedBecause(file: Pick<FileDiff, 'additions' | 'deletions' | 'path' | 'status'>): string | undefined {
  const changed = file.additions + file.deletions;
  if (changed > OPEN_LIMIT) return `${changed.toLocaleString('en')} changed lines`;
  if (
    /(^|\/)(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|Cargo\.lock|poetry\.lock|go\.sum|composer\.lock|Gemfile\.lock)$/.test(
      file.path,
    )
  ) {
    return 'a lock file';
  }
  return undefined;
}

/** Which files differ between two versions of a diff: what moved on while a person was reading. */
export function movedFiles(before: readonly FileDiff[], after: readonly FileDiff[]): string[] {
  const print = (file: FileDiff) =>
    JSON.stringify([file.status, file.oldPath, file.oldMode, file.newMode, file.additions, file.deletions, file.binary, file.patch]);
  const seen = new Map(before.map((file) => [file.path, print(file)]));
  const moved = after.filter((file) => seen.get(file.path) !== print(file)).map((file) => file.path);
  const now = new Set(after.map((file) => file.path));
  return [...moved, ...before.filter((file) => !now.has(file.path)).map((file) => file.path)];
}
