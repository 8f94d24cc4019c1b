import { Buffer } from 'node:buffer';

/** The part of a patch that belongs to one file. */
export interface DiffSection {
  /** Unified hunks from the first `@@` on; empty when there are none. */
  hunks: string;
  truncated: boolean;
}

const HEADER = Buffer.from('diff --git ');
const HUNK = Buffer.from('@@');

/**
 * Cuts a stream of `git diff-tree -p` into its files, keeping at most `fileBytes` of each and
 * `totalBytes` of all. A line of content never starts with `diff --git`: it starts with blank, plus, minus or backslash.
 */
export function createDiffSections(fileBytes: number, totalBytes: number): { add(chunk: Buffer): void; finish(): readonly DiffSection[] } {
  const sections: { parts: Buffer[]; bytes: number; inHunks: boolean; truncated: boolean }[] = [];
  let pending: Buffer = Buffer.alloc(0);
  let isLineStart = true;
  let kept = 0;

  const take = (piece: Buffer, startsLine: boolean) => {
    if (startsLine && piece.subarray(0, HEADER.length).equals(HEADER)) {
      sections.push({ parts: [], bytes: 0, inHunks: false, truncated: false });
      return;
    }
    const section = sections.at(-1);
    if (!section) return;
    if (startsLine && !section.inHunks && piece.subarray(0, 2).equals(HUNK)) section.inHunks = true;
    if (!section.inHunks || section.truncated) return;
    if (section.bytes + piece.length > fileBytes || kept + piece.length > totalBytes) {
      section.truncated = true;
      return;
    }
    section.parts.push(piece);
    section.bytes += piece.length;
    kept += piece.length;
  };

  const pour = (isLast: boolean) => {
    let at = 0;
    while (at < pending.length) {
      const newline = pending.indexOf(10, at);
      if (newline === -1 && !isLast && isLineStart && pending.length - at < HEADER.length) break;
      const end = newline === -1 ? pending.length : newline + 1;
      take(Buffer.from(pending.subarray(at, end)), isLineStart);
      isLineStart = newline !== -1;
      at = end;
    }
    pending = pending.subarray(at);
  };

  return {
    add(chunk) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      pour(false);
    },
    finish() {
      pour(true);
      return sections.map(({ parts, truncated }) => ({ hunks: wholeLines(Buffer.concat(parts), truncated), truncated }));
    },
  };
}

/** A cut patch ends with a whole line. */
function wholeLines(bytes: Buffer, isCut: boolean): string {
  return (isCut ? bytes.subarray(0, bytes.lastIndexOf(10) + 1) : bytes).toString('utf8');
}
