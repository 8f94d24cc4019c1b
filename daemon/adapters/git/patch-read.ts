/** One file of a patch. Text is one character a byte, as paths are in this folder. */
export interface PatchFile {
  /** Lines before the first hunk, without line ends. */
  head: string[];
  hunks: PatchHunk[];
}

export interface PatchHunk {
  oldStart: number;
  /** What the header says of itself: a hint. */
  declared: { old: number; new: number };
  /** How many lines of each side it really has. */
  has: { old: number; new: number };
  lines: PatchLine[];
}

export interface PatchLine {
  sign: ' ' | '+' | '-';
  /** Without the sign and the newline; a carriage return stays. */
  text: string;
  /** "\ No newline at end of file" follows. */
  isUnterminated?: boolean;
  /** It was empty, without a sign: context whose blank was stripped, or just an empty line after the hunk. */
  isBare?: boolean;
}

export type PatchReading = { ok: true; files: readonly PatchFile[]; isAllCrlf: boolean } | { ok: false; why: string };

const HUNK = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/;
const EXTENDED =
  /^(?:index|old mode|new mode|new file mode|deleted file mode|similarity index|dissimilarity index|rename from|rename to|copy from|copy to) /;
const MODE = /^(?:old mode|new mode|new file mode|deleted file mode) (?!(?:100644|100755|120000|160000)$)(.*)$/;

/**
 * Reads a unified diff that a model wrote; words around it are passed over. git believes the counts in hunk headers and drops
 * lines that are too many without a word. Here a hunk is what its lines say, and a changed line that belongs nowhere is a problem.
 */
export function readPatch(patch: string): PatchReading {
  const raw = patch.split('\n');
  if (raw.at(-1) === '') raw.pop();
  const files: PatchFile[] = [];
  let where: 'outside' | 'head' | 'hunk' = 'outside';

  for (let at = 0; at < raw.length; at++) {
    const line = raw[at]!;
    const clean = withoutCr(line);
    const problem = (why: string): PatchReading => ({ ok: false, why: `line ${at + 1} of the patch: ${why}` });
    const file = files.at(-1);
    const hunk = where === 'hunk' ? file?.hunks.at(-1) : undefined;

    if (clean.startsWith('diff --git ')) {
      files.push({ head: [clean], hunks: [] });
      where = 'head';
    } else if (startsFile(raw, at) && !(hunk && lacks(hunk, 1))) {
      const names = [clean, withoutCr(raw[++at]!)];
      if (where === 'head' && file) file.head.push(...names);
      else files.push({ head: names, hunks: [] });
      where = 'head';
    } else if (clean.startsWith('@@')) {
      const header = HUNK.exec(clean);
      if (!header) return problem('a hunk header without line numbers');
      if (!file || where === 'outside') return problem('a hunk without a file name before it');
      const declared = { old: Number(header[2] ?? 1), new: Number(header[4] ?? 1) };
      file.hunks.push({ oldStart: Number(header[1]), declared, has: { old: 0, new: 0 }, lines: [] });
      where = 'hunk';
    } else if (hunk) {
      if (!takeLine(hunk, line)) where = 'outside';
    } else if (where === 'head') {
      if (clean === 'GIT binary patch' || clean.startsWith('Binary files '))
        return problem('a binary change, which this patch cannot carry');
      const mode = MODE.exec(clean)?.[1];
      if (mode !== undefined) return problem(`${mode.slice(0, 20)} is not a file mode`);
      if (EXTENDED.test(clean)) file!.head.push(clean);
      else where = 'outside';
    } else if (files.length > 0 && /^[+-]/.test(line)) {
      return problem('a changed line outside of a hunk');
    }
  }
  return { ok: true, files, isAllCrlf: raw.length > 0 && raw.every((line) => line.endsWith('\r')) };
}

export const withoutCr = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

/** A removed line can look like the first of these and an added one like the second, but then no hunk begins after them. */
function startsFile(raw: readonly string[], at: number): boolean {
  return raw[at]!.startsWith('--- ') && raw[at + 1]?.startsWith('+++ ') === true && raw[at + 2]?.startsWith('@@') === true;
}

/** Whether a hunk declares exactly so many lines more, on either side, than it has. */
const lacks = ({ has, declared }: PatchHunk, more: number): boolean => has.old + more === declared.old && has.new + more === declared.new;

/** Adds a line to a hunk; false when it is none of its lines. */
function takeLine(hunk: PatchHunk, line: string): boolean {
  const sign = line[0];
  // The end of a mailed patch, before the version of git.
  if (line === '-- ' && lacks(hunk, 0)) return false;
  if (sign === '\\') {
    const last = hunk.lines.at(-1);
    if (last) last.isUnterminated = true;
    return true;
  }
  if (sign === ' ' || sign === '+' || sign === '-') hunk.lines.push({ sign, text: line.slice(1) });
  else if (withoutCr(line) === '') hunk.lines.push({ sign: ' ', text: line, isBare: true });
  else return false;
  if (sign !== '+') hunk.has.old += 1;
  if (sign !== '-') hunk.has.new += 1;
  return true;
}
