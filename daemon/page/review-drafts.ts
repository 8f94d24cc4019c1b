import type { DoorBody } from '#shared/api.ts';
import { type Observable, openObservable } from '#shared/observable.ts';
import { type Kept, readJson } from './kept.ts';

/** A line of a diff that a comment is about. A removed line is counted in the old file. */
export interface CommentPlace {
  file: string;
  line: number;
  side: 'new' | 'old';
}

/** A comment on a line, not sent yet. */
export interface DraftComment extends CommentPlace {
  text: string;
  /** The line as it was shown, so that the comment can be understood when the numbers have moved. */
  quote: string;
  /** The commit that was shown. */
  head: string;
}

/** What a person has written about a run and not sent. */
export interface ReviewDraft {
  comments: readonly DraftComment[];
  text: string;
}

/** Unsent comments by run. They survive a reload, and closing the page. */
export interface ReviewDrafts {
  of(runId: string): Observable<ReviewDraft>;
  put(runId: string, draft: ReviewDraft): void;
}

export const EMPTY_REVIEW: ReviewDraft = { comments: [], text: '' };
const PLACE = 'codex-builder.reviews';
/** Runs whose comments are kept; the ones written to longest ago go first. */
const KEPT_RUNS = 20;
const QUOTE_LIMIT = 300;

/** Opens the drafts that an earlier visit left. */
export function openReviewDrafts(kept: Kept): ReviewDrafts {
  const open = new Map<string, Observable<ReviewDraft>>();

  function of(runId: string): Observable<ReviewDraft> {
    let draft = open.get(runId);
    if (!draft) {
      draft = openObservable(read(kept).get(runId) ?? EMPTY_REVIEW);
      open.set(runId, draft);
    }
    return draft;
  }

  return {
    of,
    put(runId, draft) {
      // Read anew: another tab may have written about another run.
      const all = read(kept);
      all.delete(runId);
      if (draft.comments.length > 0 || draft.text !== '') all.set(runId, draft);
      kept.write(PLACE, JSON.stringify([...all].slice(-KEPT_RUNS)));
      of(runId).set(draft);
    },
  };
}

function read(kept: Kept): Map<string, ReviewDraft> {
  const stored = readJson(kept, PLACE);
  if (!Array.isArray(stored)) return new Map();
  return new Map(
    stored.flatMap((entry: unknown): [string, ReviewDraft][] => {
      const [runId, draft] = (Array.isArray(entry) ? entry : []) as [unknown, Partial<ReviewDraft> | undefined];
      if (typeof runId !== 'string' || !Array.isArray(draft?.comments)) return [];
      return [[runId, { comments: draft.comments.filter(isComment), text: typeof draft.text === 'string' ? draft.text : '' }]];
    }),
  );
}

function isComment(found: Partial<DraftComment> | null): found is DraftComment {
  return (
    typeof found?.file === 'string' &&
    typeof found.line === 'number' &&
    (found.side === 'new' || found.side === 'old') &&
    typeof found.text === 'string' &&
    found.text.trim() !== '' &&
    typeof found.quote === 'string' &&
    typeof found.head === 'string'
  );
}

/** A place as people read it, `app.ts:12`; a removed line says so. */
export function placeWords({ file, line, side }: CommentPlace): string {
  return `${file}:${line}${side === 'old' ? ' (removed)' : ''}`;
}

/** Whether two places are the same line. There is one comment a line. */
export function samePlace(a: CommentPlace, b: CommentPlace): boolean {
  return a.file === b.file && a.line === b.line && a.side === b.side;
}

/** The draft with this comment in it, instead of the one on the same line; in the order in which they were begun. */
export function withComment(draft: ReviewDraft, comment: DraftComment): ReviewDraft {
  const known = draft.comments.some((other) => samePlace(other, comment));
  return {
    ...draft,
    comments: known ? draft.comments.map((other) => (samePlace(other, comment) ? comment : other)) : [...draft.comments, comment],
  };
}

/** The draft without the comment on this line. */
export function withoutComment(draft: ReviewDraft, place: CommentPlace): ReviewDraft {
  return { ...draft, comments: draft.comments.filter((other) => !samePlace(other, place)) };
}

/** Comments that say something; a box that was only opened does not. */
export function written(draft: ReviewDraft): readonly DraftComment[] {
  return draft.comments.filter((comment) => comment.text.trim() !== '');
}

/** A line of a diff as it is quoted. */
export function quoteOf(text: string): string {
  const line = text.trim();
  return line.length > QUOTE_LIMIT ? `${line.slice(0, QUOTE_LIMIT)}…` : line;
}

/**
 * The draft as the daemon takes it, by file and line. The line is quoted below
 * the words; its number is left out when it is not a line of the commit under review.
 */
export function revisionOf(draft: ReviewDraft, head: string | undefined): DoorBody<'reviseRun'> {
  const comments = [...written(draft)].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
  const text = draft.text.trim();
  return {
    comments: comments.map((comment) => {
      const words = comment.text.trim();
      const quote = `${comment.side === 'old' ? '(removed) ' : ''}${comment.quote}`.trim();
      return {
        file: comment.file,
        ...(comment.side === 'new' && comment.head === head && { line: comment.line }),
        text: quote === '' ? words : `${words}\n> ${quote}`,
      };
    }),
    ...(text !== '' && { text }),
  };
}
