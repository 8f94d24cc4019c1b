import { expect, test } from 'vitest';
import { API } from '#shared/api.ts';
import type { Kept } from '../../daemon/page/kept.ts';
import {
  type DraftComment,
  EMPTY_REVIEW,
  openReviewDrafts,
  quoteOf,
  revisionOf,
  withComment,
  withoutComment,
  written,
} from '../../daemon/page/review-drafts.ts';
import { splitQuote } from '../../daemon/page/run/relatives.tsx';

const HEAD = 'a'.repeat(40);

function storage(): Kept & { texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return { texts, read: (name) => texts.get(name) ?? null, write: (name, text) => void texts.set(name, text) };
}

function comment(change: Partial<DraftComment> = {}): DraftComment {
  return { file: 'app.ts', line: 12, side: 'new', text: 'Shorter, please.', quote: 'const long = 1;', head: HEAD, ...change };
}

test('comments are kept at each letter and are there again after a reload', () => {
  const kept = storage();
  const first = openReviewDrafts(kept);
  first.put('run_a', withComment(EMPTY_REVIEW, comment({ text: 'S' })));
  first.put('run_a', withComment(first.of('run_a').get(), comment({ text: 'Sh' })));
  first.put('run_b', { comments: [], text: 'All of it' });
  const again = openReviewDrafts(kept);
  expect(again.of('run_a').get().comments).toEqual([comment({ text: 'Sh' })]);
  expect(again.of('run_b').get().text).toBe('All of it');
});

test('two tabs that write about two runs keep both', () => {
  const kept = storage();
  const one = openReviewDrafts(kept);
  const two = openReviewDrafts(kept);
  one.put('run_a', { comments: [], text: 'from one' });
  two.put('run_b', { comments: [], text: 'from two' });
  const later = openReviewDrafts(kept);
  expect([later.of('run_a').get().text, later.of('run_b').get().text]).toEqual(['from one', 'from two']);
});

test('what was sent is gone, and the oldest run gives way when there are too many', () => {
  const kept = storage();
  const drafts = openReviewDrafts(kept);
  drafts.put('run_sent', { comments: [], text: 'x' });
  drafts.put('run_sent', EMPTY_REVIEW);
  for (let i = 0; i < 21; i++) drafts.put(`run_${i}`, { comments: [], text: 'x' });
  const again = openReviewDrafts(kept);
  expect([again.of('run_sent').get(), again.of('run_0').get(), again.of('run_20').get().text]).toEqual([EMPTY_REVIEW, EMPTY_REVIEW, 'x']);
});

test('a box that was opened and left empty is not a comment', () => {
  const kept = storage();
  const drafts = openReviewDrafts(kept);
  drafts.put('run_a', withComment(EMPTY_REVIEW, comment({ text: ' ' })));
  expect(written(drafts.of('run_a').get())).toEqual([]);
  expect(openReviewDrafts(kept).of('run_a').get().comments).toEqual([]);
  expect(revisionOf(drafts.of('run_a').get(), HEAD).comments).toEqual([]);
});

test.each(['', 'no json', '7', '[7]', '[["run_a"]]', '[["run_a",{"comments":[7,null,{"file":"x"}]}]]'])(
  'a storage that holds %s is empty',
  (text) => {
    const kept = storage();
    kept.write('codex-builder.reviews', text);
    expect(openReviewDrafts(kept).of('run_a').get()).toEqual(EMPTY_REVIEW);
  },
);

test('a line has one comment; the old and the new side of a number are two lines', () => {
  let draft = withComment(withComment(EMPTY_REVIEW, comment()), comment({ text: 'Longer!' }));
  draft = withComment(draft, comment({ side: 'old', text: 'Why was it removed?' }));
  expect(draft.comments.map(({ text }) => text)).toEqual(['Longer!', 'Why was it removed?']);
  expect(withoutComment(draft, comment()).comments.map(({ side }) => side)).toEqual(['old']);
});

test('comments are sent by file and line, each with the line it is about, as the daemon takes them', () => {
  const draft = {
    comments: [
      comment({ file: 'b.ts', line: 2 }),
      comment({ line: 30, text: ' Later ' }),
      comment({ line: 3, side: 'old', quote: 'gone()', text: 'Keep it' }),
      comment({ line: 40, head: 'b'.repeat(40), quote: '', text: 'Moved' }),
    ],
    text: '  And in all: calmer.  ',
  };
  const body = revisionOf(draft, HEAD);
  expect(body).toEqual({
    comments: [
      { file: 'app.ts', text: 'Keep it\n> (removed) gone()' },
      { file: 'app.ts', line: 30, text: 'Later\n> const long = 1;' },
      { file: 'app.ts', text: 'Moved' },
      { file: 'b.ts', line: 2, text: 'Shorter, please.\n> const long = 1;' },
    ],
    text: 'And in all: calmer.',
  });
  expect(API.reviseRun.body.safeParse(body).success).toBe(true);
  expect(revisionOf({ comments: [], text: ' ' }, HEAD)).toEqual({ comments: [] });
});

test('the longest comment on the longest line is still one that the daemon takes', () => {
  const body = revisionOf({ comments: [comment({ text: 'x'.repeat(7_000), quote: quoteOf('y'.repeat(100_000)) })], text: '' }, HEAD);
  expect(API.reviseRun.body.safeParse(body).success).toBe(true);
});

test('the child shows words and quoted line apart again', () => {
  const [sent] = revisionOf({ comments: [comment({ text: 'First\n\nSecond' })], text: '' }, HEAD).comments;
  expect(splitQuote(sent!.text)).toEqual({ words: 'First\n\nSecond', quote: 'const long = 1;' });
  expect(splitQuote('Only words')).toEqual({ words: 'Only words', quote: '' });
});
