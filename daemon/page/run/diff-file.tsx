import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import type { FileDiff } from '#shared/review.ts';
import { Button } from '#shared/ui/button.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import { closedBecause, type DiffLine, linesOf, markChanged } from '../diff-lines.ts';
import { modeWords } from '../mode-words.ts';
import { ScrollRegion } from '../scroll-region.tsx';
import { Counts } from './counts.tsx';
import { type Cursor, placeKey, placeOf } from './diff-cursor.ts';
import { DiffRow } from './diff-row.tsx';
import { LineComment } from './line-comment.tsx';

const ROW_PX = 20; // as .diff-row in diff.css
const BLOCK_ROWS = 120;

/** What a file needs to know of the review that is being written. */
export interface Commenting {
  runId: string;
  /** Lines of this file that have a comment, by `placeKey`. */
  places: ReadonlySet<string>;
  /** The line with the cursor, when it is in this file. */
  cursor: Cursor | undefined;
  /** Absent when this person may not comment now. */
  begin?: ((at: number) => void) | undefined;
  /** A comment was closed: the cursor is on its line. */
  ended(at: number): void;
}

/** Rows that exist only near the viewport; their height is known, so nothing jumps. Rows with a comment or the cursor stay. */
function Block({ lines, from, path, commenting }: { lines: readonly DiffLine[]; from: number; path: string; commenting: Commenting }) {
  const { cursor, places, runId, ended } = commenting;
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => setNear(entries.at(-1)!.isIntersecting), { rootMargin: '800px 0px' });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  const commentOf = (line: DiffLine) => {
    const found = places.size > 0 ? placeOf(path, line) : undefined;
    return found && places.has(placeKey(found)) ? found : undefined;
  };
  const drawn =
    near || (cursor && cursor.at >= from && cursor.at < from + lines.length) || (places.size > 0 && lines.some((line) => commentOf(line)));
  const marked = useMemo(() => (drawn ? markChanged(lines) : undefined), [drawn, lines]);
  return (
    <div ref={place} style={{ minHeight: `${lines.length * ROW_PX}px` }}>
      {marked?.map((line, index) => {
        const comment = commentOf(line);
        const row = <DiffRow key={index} line={line} at={from + index} cursor={cursor?.at === from + index ? cursor : undefined} />;
        return comment ? (
          <>
            {row}
            <LineComment key={placeKey(comment)} runId={runId} place={comment} onDone={() => ended(from + index)} />
          </>
        ) : (
          row
        );
      })}
    </div>
  );
}

function Patch({ file, commenting }: { file: FileDiff; commenting: Commenting }) {
  const { begin } = commenting;
  const lines = linesOf(file);
  const blocks = useMemo(
    () =>
      Array.from({ length: Math.ceil(lines.length / BLOCK_ROWS) }, (_, index) => lines.slice(index * BLOCK_ROWS, (index + 1) * BLOCK_ROWS)),
    [lines],
  );
  const click = (event: MouseEvent) => {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>('[data-at]');
    if (!row) return;
    // With a mouse the numbers are the button, so that text can be selected; a finger has the whole line.
    const meant = target.closest('.diff-number') ?? (matchMedia('(pointer: coarse)').matches && getSelection()?.isCollapsed);
    if (meant) begin?.(Number(row.dataset['at']));
  };
  return (
    <ScrollRegion kind={`patch ${begin ? 'patch-open' : ''}`} label={`Changes in ${file.path}`}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: N and C do the same from the keyboard */}
      <div class="patch-rows" onClick={begin && click}>
        {blocks.map((block, index) => (
          <Block key={index} lines={block} from={index * BLOCK_ROWS} path={file.path} commenting={commenting} />
        ))}
      </div>
    </ScrollRegion>
  );
}

/** One file of a diff: its name, what happened to it, and its lines once they are in sight. */
export function DiffFile({ file, index, words, commenting }: { file: FileDiff; index: number; words: string; commenting: Commenting }) {
  const closed = closedBecause(file);
  const mode = modeWords(file);
  const [open, setOpen] = useState(closed === undefined);
  const wanted = commenting.cursor !== undefined;
  useEffect(() => {
    if (wanted) setOpen(true);
  }, [wanted]);
  const id = useId();
  const hasLines = file.patch !== undefined && file.patch !== '';
  return (
    <section class="diff-file" data-file={index} aria-labelledby={id}>
      <header>
        <button
          type="button"
          class="fold"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          title={open ? 'Close the file' : 'Open the file'}
        >
          <Icon name="chevron" />
          <span class="cb-hidden">{open ? 'Close' : 'Open'}</span>
        </button>
        <h3 id={id}>
          {file.oldPath && file.oldPath !== file.path && (
            <>
              <span class="old-path">
                <Visible text={file.oldPath} />
              </span>{' '}
              →{' '}
            </>
          )}
          <Visible text={file.path} />
        </h3>
        {commenting.places.size > 0 && (
          <span class="cb-count">
            {commenting.places.size} {commenting.places.size === 1 ? 'comment' : 'comments'}
          </span>
        )}
        {file.status !== 'modified' && <span class="hint">{words}</span>}
        {mode && <span class="hint">{mode}</span>}
        <Counts additions={file.additions} deletions={file.deletions} />
      </header>
      {!open && closed && (
        <div class="diff-note">
          <span>Closed: {closed}.</span>
          <Button kind="quiet" onClick={() => setOpen(true)}>
            Show the diff
          </Button>
        </div>
      )}
      {open && file.binary && <p class="diff-note">A binary file. Its bytes are not shown.</p>}
      {open && !file.binary && !hasLines && (
        <p class="diff-note">
          {file.status === 'renamed'
            ? 'Renamed without a change.'
            : file.status === 'mode_changed'
              ? 'Only the file mode changed.'
              : 'No lines.'}
        </p>
      )}
      {open && hasLines && <Patch file={file} commenting={commenting} />}
      {open && file.truncated && <p class="diff-note cb-text-attention">The diff of this file was cut at 2 MiB. See the rest with git.</p>}
    </section>
  );
}
