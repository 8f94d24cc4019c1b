import { asDeclared, newLines, type Placing, placeHunks } from './patch-place.ts';
import { type PatchFile, type PatchHunk, withoutCr } from './patch-read.ts';
import { pathText } from './path-text.ts';
import { LIMITS } from './worktree-walk.ts';

const NOWHERE = '/dev/null';

/** Two paths of the greatest length and the words before them; no longer line is looked through for two equal halves. */
const LONGEST_HEAD = 2 * LIMITS.pathBytes + 20;

/**
 * Writes a patch so that git cannot read it in another way than a person: `a/` and `b/` before the names, true counts, every hunk at its
 * place, with the line ends of the file. `contentOf` answers the bytes of a file of the base.
 */
export function writePatch(
  files: readonly PatchFile[],
  isAllCrlf: boolean,
  contentOf: (path: string) => string | undefined,
): { ok: true; text: string } | { ok: false; why: string } {
  const changed = new Set<string>();
  let text = '';
  for (const file of files) {
    const path = pathBefore(file);
    const hunks = isAllCrlf ? file.hunks.map(withoutCrs) : file.hunks;
    const base = path === undefined || changed.has(path) ? undefined : contentOf(path);
    const isNew = path === undefined || (base === undefined && !changed.has(path) && hunks.length === 1 && hunks[0]!.oldStart === 0);
    const placed = isNew
      ? { ok: true as const, hunks: hunks.map(newLines) }
      : base === undefined
        ? unplaced(hunks)
        : placeHunks(hunks, base);
    if (!placed.ok) return { ok: false, why: `${pathText(path ?? '')}, ${placed.why}` };
    if (path !== undefined) changed.add(path);
    text += `${headOf(file.head, isNew && hunks.length > 0).join('\n')}\n${bodyOf(placed.hunks)}`;
  }
  return { ok: true, text };
}

/** Path that a file of a patch changes; undefined where it makes a new one. */
export function pathBefore(file: PatchFile): string | undefined {
  const from = file.head.find((line) => /^(?:rename|copy) from /.test(line));
  if (from !== undefined) return unquoted(from.slice(from.indexOf(' from ') + ' from '.length));
  if (file.head.some((line) => line.startsWith('new file mode '))) return undefined;
  const name = nameIn(file.head, '--- ');
  if (name === NOWHERE) return undefined;
  return name === undefined ? '' : unquoted(name).slice(isPrefixed(file.head) ? 2 : 0);
}

/** A file of which nothing is known: another part of the same patch made it or changed it before, or it does not exist. */
function unplaced(hunks: readonly PatchHunk[]): Placing {
  const index = hunks.findIndex(({ lines }) => lines.every(({ sign }) => sign === '+'));
  if (index >= 0) return { ok: false, why: `hunk ${index + 1}: it has no line of the file in it, so its place is not known` };
  return { ok: true, hunks: hunks.map(asDeclared) };
}

const withoutCrs = (hunk: PatchHunk): PatchHunk => ({
  ...hunk,
  lines: hunk.lines.map((line) => ({ ...line, text: withoutCr(line.text) })),
});

function bodyOf(hunks: readonly PatchHunk[]): string {
  let shift = 0;
  return hunks
    .map(({ oldStart, lines }) => {
      const has = { old: lines.filter(({ sign }) => sign !== '+').length, new: lines.filter(({ sign }) => sign !== '-').length };
      const from = has.old === 0 ? oldStart : Math.max(1, oldStart);
      const to = Math.max(0, from + shift + (has.old === 0 ? 1 : 0) - (has.new === 0 ? 1 : 0));
      shift += has.new - has.old;
      const text = lines.map((line) => `${line.sign}${line.text}\n${line.isUnterminated ? '\\ No newline at end of file\n' : ''}`);
      return `@@ -${from},${has.old} +${to},${has.new} @@\n${text.join('')}`;
    })
    .join('');
}

function headOf(head: readonly string[], isNew: boolean): readonly string[] {
  const isDeleted = head.some((line) => line.startsWith('deleted file mode '));
  const lines = (isPrefixed(head) ? head : withPrefixes(head))
    // Hashes that a model made up, and the one place where it could name an object it does not show.
    .filter((line) => !line.startsWith('index '))
    .map((line) => (isNew && line.startsWith('--- ') ? `--- ${NOWHERE}` : isDeleted && line.startsWith('+++ ') ? `+++ ${NOWHERE}` : line));
  if (!lines[0]?.startsWith('diff --git ')) return lines;
  if (isNew && !lines.some((line) => line.startsWith('new file mode '))) lines.splice(1, 0, 'new file mode 100644');
  if (!isDeleted && nameIn(lines, '+++ ') === NOWHERE) lines.splice(1, 0, 'deleted file mode 100644');
  return lines;
}

/** The name in a line of the head, up to the tab before a date. */
function nameIn(head: readonly string[], start: '--- ' | '+++ '): string | undefined {
  return head
    .find((line) => line.startsWith(start))
    ?.slice(start.length)
    .split('\t')[0];
}

const ESCAPES: Readonly<Record<string, string>> = { a: '\x07', b: '\b', t: '\t', n: '\n', v: '\v', f: '\f', r: '\r' };

/** A name as git quotes it where it has odd characters. */
function unquoted(name: string): string {
  if (!name.startsWith('"')) return name;
  return name
    .replace(/^"|"$/g, '')
    .replace(/\\([0-3][0-7]{2}|.)/g, (_all, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
    );
}

/** Whether the names have `a/` and `b/` before them, as git writes them. */
function isPrefixed(head: readonly string[]): boolean {
  const has = (name: string | undefined, prefix: RegExp) => name === undefined || name === NOWHERE || prefix.test(name);
  const git = head[0]?.startsWith('diff --git ') ? head[0] : undefined;
  return has(nameIn(head, '--- '), /^"?a\//) && has(nameIn(head, '+++ '), /^"?b\//) && has(git, /^diff --git "?a\/.* "?b\//);
}

function withPrefixes(head: readonly string[]): readonly string[] {
  const put = (prefix: string, name: string) =>
    name.split('\t')[0] === NOWHERE ? name : name.startsWith('"') ? `"${prefix}${name.slice(1)}` : `${prefix}${name}`;
  return head.map((line) => {
    if (line.startsWith('--- ')) return `--- ${put('a/', line.slice(4))}`;
    if (line.startsWith('+++ ')) return `+++ ${put('b/', line.slice(4))}`;
    const both = line.length > LONGEST_HEAD ? undefined : /^diff --git (.+) \1$/.exec(line)?.[1];
    return both === undefined ? line : `diff --git ${put('a/', both)} ${put('b/', both)}`;
  });
}
