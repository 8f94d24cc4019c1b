import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Visible } from '#shared/ui/visible.tsx';
import type { DiffLine } from '../diff-lines.ts';

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

/** One line of a diff. The row with the cursor has the focus, so that the keyboard can go on from it. */
export function DiffRow({ line, at, cursor }: { line: DiffLine; at: number; cursor: object | undefined }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!cursor) return;
    place.current?.focus({ preventScroll: true });
    place.current?.scrollIntoView({ block: 'nearest' });
  }, [cursor]);
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
    <div ref={place} class={`diff-row diff-${line.kind}`} data-at={at} tabIndex={cursor ? -1 : undefined}>
      <span class="diff-number" data-number={line.oldNumber} />
      <span class="diff-number" data-number={line.newNumber} />
      <span class="diff-sign">{SIGNS[line.kind]}</span>
      <span class="diff-text">
        <LineText line={line} />
      </span>
    </div>
  );
}
