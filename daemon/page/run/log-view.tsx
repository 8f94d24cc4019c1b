import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { type AnsiReader, openAnsi } from '../ansi.ts';
import { ScrollRegion } from '../scroll-region.tsx';
import { useSession } from '../session-context.ts';
import { LogLines } from './log-lines.tsx';

const BLOCK = 100;
const SHOWN_LINES = 2_000;
/** A longer log starts near its end until the whole is asked for. */
const TAIL_BYTES = 256 * 1024;
const NEAR_END_PX = 24;

/** A log as it grows. It scrolls along until the person scrolls up, and again when they return to the end. */
export function LogView({
  runId,
  name,
  bytes = 0,
  ended,
}: {
  runId: string;
  name: string;
  bytes?: number | undefined;
  /** What the run says of the log: a log that had ended and goes on (a second attempt) is followed again. */
  ended?: boolean | undefined;
}) {
  const { link } = useSession();
  const reader = useRef<AnsiReader>(openAnsi());
  const blocks = useRef(new Map<number, VNode>());
  const box = useRef<HTMLElement>(null);
  const following = useRef(true);
  const [, setVersion] = useState(0);
  const [atEnd, setAtEnd] = useState(true);
  const [seenLines, setSeenLines] = useState(0);
  const [finished, setFinished] = useState(false);
  const [whole, setWhole] = useState(bytes <= TAIL_BYTES * 4);
  const [limit, setLimit] = useState(SHOWN_LINES);

  const [part, setPart] = useState(0);
  const readTo = useRef(0);
  const hadEnded = useRef(ended);
  useEffect(() => {
    if (hadEnded.current && ended === false && finished) setPart((before) => before + 1);
    hadEnded.current = ended;
  }, [ended, finished]);

  useEffect(() => {
    reader.current = openAnsi();
    readTo.current = whole ? 0 : bytes - TAIL_BYTES;
    blocks.current.clear();
  }, [runId, name, whole]);

  useEffect(() => {
    setFinished(false);
    let frame = 0;
    const stop = link.follow(runId, name, readTo.current, (output) => {
      readTo.current = output.next;
      reader.current.write(output.data);
      if (output.finished) setFinished(true);
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        setVersion((version) => version + 1);
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      stop();
    };
  }, [runId, name, whole, part]);

  const { lines } = reader.current;
  useLayoutEffect(() => {
    if (following.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  });

  const first = Math.max(0, Math.floor((lines.length - limit) / BLOCK));
  const shown: VNode[] = [];
  for (let index = first; index * BLOCK < lines.length; index++) {
    // A full block never changes again, except the line that is still being written.
    const settled = (index + 1) * BLOCK < lines.length;
    const known = settled ? blocks.current.get(index) : undefined;
    const block = known ?? (
      <div key={index}>
        <LogLines lines={lines.slice(index * BLOCK, (index + 1) * BLOCK)} from={index * BLOCK} />
      </div>
    );
    if (settled) blocks.current.set(index, block);
    shown.push(block);
  }
  const unseen = atEnd ? 0 : Math.max(0, lines.length - seenLines);
  const toEnd = () => {
    following.current = true;
    setAtEnd(true);
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };

  return (
    <div class="log-frame">
      <ScrollRegion
        place={box}
        kind="log"
        label={`Log ${name}`}
        onScroll={({ scrollTop, scrollHeight, clientHeight }) => {
          const near = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
          following.current = near;
          if (near === atEnd) return;
          setAtEnd(near);
          setSeenLines(lines.length);
        }}
      >
        {(!whole || first > 0) && (
          <Button
            kind="quiet"
            onClick={() => {
              following.current = false;
              if (first > 0) setLimit(limit + SHOWN_LINES);
              else setWhole(true);
            }}
          >
            {first > 0 ? `Show earlier lines (${(first * BLOCK).toLocaleString('en')})` : 'Show from the beginning'}
          </Button>
        )}
        {shown}
        {lines.length === 0 && <p class="hint">{finished ? 'It is empty.' : 'Nothing yet.'}</p>}
      </ScrollRegion>
      {!atEnd && (
        <button type="button" class="to-end" onClick={toEnd}>
          <Icon name="down" />
          {unseen > 0 ? `${unseen.toLocaleString('en')} new ${unseen === 1 ? 'line' : 'lines'}` : 'To the end'}
        </button>
      )}
      <p class="log-foot">
        <code>{name}</code>
        <span>{lines.length.toLocaleString('en')} lines</span>
        <span>{finished ? 'complete' : atEnd ? 'following live' : 'live, not following'}</span>
      </p>
    </div>
  );
}
