import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RunDetail } from '#shared/api.ts';
import { useShortcuts } from '#shared/ui/keyboard.ts';
import { reviseBlock } from '#shared/ui/may-follow.ts';
import { useObserved } from '#shared/ui/use-observed.ts';
import { linesOf } from '../diff-lines.ts';
import { type CommentPlace, quoteOf, samePlace, withComment, written } from '../review-drafts.ts';
import { useDoor, useSession } from '../session-context.ts';
import { useFacts } from './act-on-run.ts';
import { Counts } from './counts.tsx';
import { type Cursor, nextLine, placeKey, placeOf } from './diff-cursor.ts';
import { DiffFile } from './diff-file.tsx';
import { FileList, STATUS_WORDS } from './file-list.tsx';

/** What the run changed, file by file. Files are drawn when they come into sight; a line can be commented on. */
export function DiffTab({ detail, asking, onRevise }: { detail: RunDetail; asking: boolean; onRevise: () => void }) {
  const { run } = detail;
  const mayHave = run.headCommit !== undefined || run.safeMode === true;
  const { value: diff, problem } = useDoor('getDiff', mayHave ? { params: { id: run.id } } : undefined);
  const { reviews } = useSession();
  const draft = useObserved(reviews.of(run.id));
  const mayComment = reviseBlock(useFacts(detail)) === undefined;
  const [current, setCurrent] = useState(-1);
  const [cursor, setCursor] = useState<Cursor | undefined>();
  const place = useRef<HTMLDivElement>(null);
  const files = diff?.files ?? [];
  const head = diff?.head ?? '';

  const pick = (index: number) => {
    if (!files[index]) return;
    setCurrent(index);
    setCursor(undefined);
    place.current?.querySelector(`[data-file="${index}"]`)?.scrollIntoView({ block: 'start' });
  };
  const step = (by: 1 | -1, any = false) => {
    const from = cursor ?? (current < 0 ? undefined : { file: current, at: by > 0 ? -1 : linesOf(files[current]!).length });
    const next = nextLine(files, from, by, any);
    if (!next) return;
    setCurrent(next.file);
    setCursor(next);
  };
  const begin = (at: Cursor) => {
    const file = files[at.file]!;
    const line = linesOf(file)[at.at]!;
    const about = placeOf(file.path, line);
    if (!about || !mayComment) return;
    setCursor(undefined);
    const now = reviews.of(run.id).get();
    if (now.comments.some((known) => samePlace(known, about))) return;
    reviews.put(run.id, withComment(now, { ...about, text: '', quote: quoteOf(line.text), head }));
  };
  useEffect(() => {
    setCurrent(-1);
    setCursor(undefined);
  }, [head]);
  useShortcuts([
    { key: 'j', words: 'Next file of the diff', run: () => pick(Math.min(files.length - 1, current + 1)) },
    { key: 'k', words: 'Previous file of the diff', run: () => pick(Math.max(0, current - 1)) },
    { key: 'n', words: 'Next changed line', run: () => step(1) },
    { key: 'p', words: 'Previous changed line', run: () => step(-1) },
    { key: 'c', words: 'Comment on the line', run: () => (cursor ? begin(cursor) : step(1)) },
    { key: 'ArrowDown', words: 'Next line', silent: true, run: () => step(1, true), when: () => cursor !== undefined },
    { key: 'ArrowUp', words: 'Previous line', silent: true, run: () => step(-1, true), when: () => cursor !== undefined },
    { key: 'Escape', words: 'Leave the lines', silent: true, run: () => setCursor(undefined), when: () => cursor !== undefined },
  ]);

  // What is drawn depends on which lines have a comment, not on every letter in it.
  const commented = draft.comments.map(({ file, line, side }) => JSON.stringify({ file, line, side })).join('\n');
  const drawn = useMemo(() => {
    const places = commented === '' ? [] : commented.split('\n').map((text) => JSON.parse(text) as CommentPlace);
    return files.map((file, index) => (
      <DiffFile
        key={`${head}/${file.path}`}
        file={file}
        index={index}
        words={STATUS_WORDS[file.status]}
        commenting={{
          runId: run.id,
          places: new Set(places.filter((known) => known.file === file.path).map(placeKey)),
          cursor: cursor?.file === index ? cursor : undefined,
          begin: mayComment ? (at) => begin({ file: index, at }) : undefined,
          ended: (at) => setCursor({ file: index, at }),
        }}
      />
    ));
  }, [diff, commented, cursor, mayComment, run.id]);

  if (!mayHave) return <p class="empty">There is no commit yet. The diff appears when Codex has finished.</p>;
  if (!diff) return <p class="empty">{problem?.message ?? 'Loading the diff…'}</p>;
  if (files.length === 0) return <p class="empty">Nothing differs.</p>;
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  const waiting = written(draft).length;
  return (
    <div class="diff" ref={place}>
      <div class="diff-side">
        <p class="diff-sum">
          {files.length} {files.length === 1 ? 'file' : 'files'} <Counts additions={additions} deletions={deletions} />
          <span class="hint">
            <code>{diff.base.slice(0, 8)}</code> → <code>{diff.head.slice(0, 8)}</code>
          </span>
        </p>
        {mayComment && (
          <p class="hint diff-keys">
            Click a line number to comment, or <kbd>N</kbd> to walk the lines and <kbd>C</kbd> to comment.
          </p>
        )}
        {files.length > 1 && <FileList files={files} current={current} onPick={pick} />}
      </div>
      <div class="diff-files">
        {drawn}
        {mayComment && waiting > 0 && !asking && (
          <p class="review-tray">
            <span>
              {waiting} {waiting === 1 ? 'comment' : 'comments'}, not sent
            </span>
            <button type="button" class="button button-primary" onClick={onRevise}>
              Request Revision…
            </button>
          </p>
        )}
      </div>
    </div>
  );
}
