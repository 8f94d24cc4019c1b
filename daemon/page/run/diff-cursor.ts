import type { FileDiff } from '#shared/review.ts';
import { closedBecause, type DiffLine, linesOf } from '../diff-lines.ts';
import type { CommentPlace } from '../review-drafts.ts';

/** A line of a diff: which file, and which of its lines as they are drawn. */
export interface Cursor {
  file: number;
  at: number;
}

/** Which line a comment on this row is about, or undefined when the row is no line of a file. */
export function placeOf(file: string, line: DiffLine): CommentPlace | undefined {
  if (line.kind === 'removed') return { file, line: line.oldNumber!, side: 'old' };
  return line.kind === 'added' || line.kind === 'context' ? { file, line: line.newNumber!, side: 'new' } : undefined;
}

/** The name of a place within its file. */
export function placeKey({ line, side }: Pick<CommentPlace, 'line' | 'side'>): string {
  return `${side}${line}`;
}

/** The next line from the cursor: a changed one of any open file, or with `any` a neighbour in the same file. */
export function nextLine(files: readonly FileDiff[], from: Cursor | undefined, by: 1 | -1, any = false): Cursor | undefined {
  const wanted = (line: DiffLine) => line.kind === 'added' || line.kind === 'removed' || (any && line.kind === 'context');
  for (let file = from?.file ?? (by > 0 ? 0 : files.length - 1); file >= 0 && file < files.length; file += by) {
    const here = file === from?.file;
    if (!here && (any || closedBecause(files[file]!))) {
      if (any) return undefined;
      continue;
    }
    const lines = linesOf(files[file]!);
    for (let at = here ? from.at + by : by > 0 ? 0 : lines.length - 1; at >= 0 && at < lines.length; at += by) {
      if (wanted(lines[at]!)) return { file, at };
    }
  }
  return undefined;
}
