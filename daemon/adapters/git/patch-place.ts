import { findLines } from './find-lines.ts';
import { type PatchHunk, type PatchLine, withoutCr } from './patch-read.ts';

export type Placing = { ok: true; hunks: readonly PatchHunk[] } | { ok: false; why: string };

/** Comparisons that placing the hunks of one file may take. */
const SEARCH = 100_000_000;

/**
 * Puts every hunk where its old lines are in the file: at the line its header says, or at the only place there is. Line ends and the
 * final newline of the file hold, whatever the patch says of them. git would take the nearest place, or the end of the file for a hunk with
 * nothing after it, and change another line than the one that was meant.
 */
export function placeHunks(hunks: readonly PatchHunk[], base: string): Placing {
  const lines = base.split('\n');
  const isTerminated = lines.at(-1) === '';
  if (isTerminated) lines.pop();
  if (hunks.length * lines.length > SEARCH) return { ok: false, why: 'too many hunks for so long a file' };
  const bare = lines.map(withoutCr);

  const placed: PatchHunk[] = [];
  for (const [index, hunk] of hunks.entries()) {
    const found = placeOf(hunk, bare);
    if (typeof found === 'string') return { ok: false, why: `hunk ${index + 1}: ${found}` };
    placed.push(found);
  }
  const fits = lineEndsFor(placed, lines);
  for (const hunk of placed) hunk.lines = hunk.lines.flatMap(exactLine(hunk, lines, isTerminated, fits));
  return { ok: true, hunks: placed.sort((a, b) => a.oldStart - b.oldStart) };
}

/** Lines of a file that is new: nothing was there, so an empty line is one that lost its sign. */
export function newLines(hunk: PatchHunk): PatchHunk {
  return { ...hunk, oldStart: 0, lines: trimmed(hunk, true).map((line) => (line.isBare ? { ...line, sign: '+' } : line)) };
}

/** A hunk as it stands, without the empty lines after it. */
export const asDeclared = (hunk: PatchHunk): PatchHunk => ({ ...hunk, lines: trimmed(hunk, false) });

function placeOf(hunk: PatchHunk, bare: readonly string[]): PatchHunk | string {
  let why = '';
  for (const blanksAreNone of [false, true]) {
    const lines = trimmed(hunk, blanksAreNone);
    const old = lines.filter(({ sign }) => sign !== '+').map(({ text }) => withoutCr(text));
    if (old.length === 0) {
      // Only "after the last line" says where it is.
      if (hunk.oldStart === bare.length) return { ...hunk, lines };
      why ||= 'it has no line of the file in it, so its place is not known';
      continue;
    }
    const places = findLines(bare, old);
    const at = places.length === 1 ? places[0] : places.find((place) => place + 1 === hunk.oldStart);
    if (at !== undefined) return { ...hunk, oldStart: at + 1, lines };
    why ||=
      places.length === 0
        ? 'its lines are not in the file'
        : `its lines are in the file ${places.length} times, and not at line ${hunk.oldStart}`;
  }
  return why;
}

/** Empty lines after a hunk: as many as its header speaks of are context. */
function trimmed(hunk: PatchHunk, blanksAreNone: boolean): PatchLine[] {
  const lines = [...hunk.lines];
  const has = { ...hunk.has };
  while (lines.at(-1)?.isBare && (blanksAreNone || (has.old > hunk.declared.old && has.new > hunk.declared.new))) {
    lines.pop();
    has.old -= 1;
    has.new -= 1;
  }
  return lines;
}

/** Added lines get the line ends of the file where the patch has the other kind throughout. */
function lineEndsFor(hunks: readonly PatchHunk[], lines: readonly string[]): (text: string) => string {
  const old = hunks.flatMap((hunk) => hunk.lines).filter(({ sign }) => sign !== '+');
  const inFile = lines.filter((line) => line.endsWith('\r')).length;
  const inPatch = old.filter(({ text }) => text.endsWith('\r')).length;
  // The last line may have no line end at all.
  if (inFile > 0 && inFile >= lines.length - 1 && inPatch === 0) return (text) => `${withoutCr(text)}\r`;
  if (inFile === 0 && inPatch > 0 && inPatch === old.length) return withoutCr;
  return (text) => text;
}

/** A line of a placed hunk, with the bytes that the file has there. */
function exactLine(hunk: PatchHunk, lines: readonly string[], isTerminated: boolean, fits: (text: string) => string) {
  let at = hunk.oldStart - 1;
  return (line: PatchLine, index: number, all: readonly PatchLine[]): PatchLine[] => {
    if (line.sign === '+') return [{ ...line, text: line.isUnterminated ? withoutCr(fits(line.text)) : fits(line.text) }];
    const isLast = at === lines.length - 1 && !isTerminated;
    const exact: PatchLine = { sign: line.sign, text: lines[at++]!, isUnterminated: isLast };
    // Lines come after it: it gets the newline that it lacked.
    if (isLast && line.sign === ' ' && index < all.length - 1)
      return [
        { ...exact, sign: '-' },
        { sign: '+', text: fits(line.text) },
      ];
    return [exact];
  };
}
