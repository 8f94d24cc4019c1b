import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import type { FileDiff } from '#shared/review.ts';
import { Icon } from '#shared/ui/icon.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import { Button } from '../button.tsx';
import { closedBecause, type DiffLine, markChanged, parsePatch } from '../diff-lines.ts';
import { ScrollRegion } from '../scroll-region.tsx';
import { Counts } from './counts.tsx';

const ROW_PX = 20; // as .diff-row in page.css
const BLOCK_ROWS = 120;
const CUT = 2_000;

function LineText({ line }: { line: DiffLine }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && line.text.length > CUT;
  const text = cut ? line.text.slice(0, CUT) : line.text;
  const rest = cut && (
    <button type="button" class="cut" onClick={() => setWhole(true)}>
      … {(line.text.length - CUT).toLocaleString('en')} more characters
    </button>
  );
  if (!line.changed || line.changed[1] > text.length) {
    return (
      <>
        <Visible text={text} />
        {rest}
      </>
    );
  }
  const [from, to] = line.changed;
  return (
    <>
      <Visible text={text.slice(0, from)} />
      <span class="diff-changed">
        <Visible text={text.slice(from, to)} />
      </span>
      <Visible text={text.slice(to)} />
      {rest}
    </>
  );
}

const SIGNS: Record<DiffLine['kind'], string> = { added: '+', removed: '−', context: ' ', hunk: ' ', note: ' ' };

function Row({ line }: { line: DiffLine }) {
  if (line.kind === 'hunk') {
    return (
      <div class="diff-row diff-hunk">
        <span class="diff-number" />
        <span class="diff-number" />
        <span class="diff-sign"> </span>
        <span class="diff-text">
          Line {line.newNumber} <Visible text={line.text} />
        </span>
      </div>
    );
  }
  return (
    <div class={`diff-row diff-${line.kind}`}>
      <span class="diff-number" data-number={line.oldNumber} />
      <span class="diff-number" data-number={line.newNumber} />
      <span class="diff-sign">{SIGNS[line.kind]}</span>
      <span class="diff-text">
        <LineText line={line} />
      </span>
    </div>
  );
}

/** Rows that exist only near the viewport; their height is known, so nothing jumps. */
function Block({ lines }: { lines: readonly DiffLine[] }) {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => setNear(entries.at(-1)!.isIntersecting), { rootMargin: '800px 0px' });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  const marked = useMemo(() => (near ? markChanged(lines) : undefined), [near, lines]);
  return (
    <div ref={place} style={{ minHeight: `${lines.length * ROW_PX}px` }}>
      {marked?.map((line, index) => (
        <Row key={index} line={line} />
      ))}
    </div>
  );
}

function Patch({ patch, name }: { patch: string; name: string }) {
  const lines = useMemo(() => parsePatch(patch), [patch]);
  const blocks = useMemo(
    () =>
      Array.from({ length: Math.ceil(lines.length / BLOCK_ROWS) }, (_, index) => lines.slice(index * BLOCK_ROWS, (index + 1) * BLOCK_ROWS)),
    [lines],
  );
  return (
    <ScrollRegion kind="patch" label={`Changes in ${name}`}>
      <div class="patch-rows">
        {blocks.map((block, index) => (
          <Block key={index} lines={block} />
        ))}
      </div>
    </ScrollRegion>
  );
}

/** One file of a diff: its name, what happened to it, and its lines once they are in sight. */
export function DiffFile({ file, index, words }: { file: FileDiff; index: number; words: string }) {
  const closed = closedBecause(file);
  const [open, setOpen] = useState(closed === undefined);
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
        {file.status !== 'modified' && <span class="hint">{words}</span>}
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
      {open && hasLines && <Patch patch={file.patch!} name={file.path} />}
      {open && file.truncated && <p class="diff-note cb-text-attention">The diff of this file was cut at 2 MiB. See the rest with git.</p>}
    </section>
  );
}
