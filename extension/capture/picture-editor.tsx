import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { drawPicture } from './burn.ts';
import type { Box, Mark, Picture, Point } from './collected.ts';

export interface PictureEditorParts {
  picture: Picture;
  /** Ids of private things that may be seen. */
  shown: readonly string[];
  onChange(picture: Picture): void;
  onDone(): void;
}

const TOOLS = [
  { tool: 'cover', name: 'Cover', does: 'Paint over what nobody should see' },
  { tool: 'frame', name: 'Frame', does: 'Draw a frame around something' },
  { tool: 'arrow', name: 'Arrow', does: 'Point at something' },
  { tool: 'line', name: 'Pen', does: 'Draw freely' },
  { tool: 'crop', name: 'Crop', does: 'Keep only a part' },
] as const;
type Tool = (typeof TOOLS)[number]['tool'];

/** Fewer pixels than this is a slip of the hand. */
const SMALLEST = 4;
const STEP = 20;

/** Draws on a picture and paints over what nobody should see. By key: arrows move, Enter begins and ends, Shift makes small steps. */
export function PictureEditor({ picture, shown, onChange, onDone }: PictureEditorParts) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [tool, setTool] = useState<Tool>('cover');
  const [path, setPath] = useState<readonly Point[]>([]);
  const [cursor, setCursor] = useState<Point>();
  const draft = path.length > 1 ? markOf(tool === 'crop' ? 'frame' : tool, path) : undefined;

  useEffect(() => {
    const board = canvas.current;
    if (!board) return;
    drawPicture(board, draft ? { ...picture, marks: [...picture.marks, draft] } : picture, new Set(shown));
    if (cursor) drawCursor(board, cursor);
  }, [picture, shown, draft, cursor]);

  function pointAt(event: MouseEvent): Point {
    const rect = canvas.current!.getBoundingClientRect();
    const { crop } = picture;
    const part = (at: number) => Math.min(Math.max(0, at), 1);
    return {
      x: crop.x + part((event.clientX - rect.x) / rect.width) * crop.width,
      y: crop.y + part((event.clientY - rect.y) / rect.height) * crop.height,
    };
  }

  function finish(points: readonly Point[]): void {
    setPath([]);
    const mark = markOf(tool === 'crop' ? 'frame' : tool, points);
    if (mark === undefined || isTiny(mark)) return;
    if (tool === 'crop' && mark.kind === 'frame') onChange({ ...picture, crop: within(mark.box, picture.crop) });
    else onChange({ ...picture, marks: [...picture.marks, mark] });
  }

  function onKey(event: KeyboardEvent): void {
    const { crop } = picture;
    const from = cursor ?? { x: crop.x + crop.width / 2, y: crop.y + crop.height / 2 };
    const step = event.shiftKey ? 2 : STEP;
    const [dx, dy] = MOVES[event.key] ?? [0, 0];
    if (dx !== 0 || dy !== 0) {
      const to = {
        x: Math.min(Math.max(crop.x, from.x + dx * step), crop.x + crop.width),
        y: Math.min(Math.max(crop.y, from.y + dy * step), crop.y + crop.height),
      };
      setCursor(to);
      if (path.length > 0) setPath(tool === 'line' ? [...path, to] : [path[0]!, to]);
    } else if (event.key === 'Enter') {
      setCursor(from);
      if (path.length > 0) finish(path);
      else setPath([from]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const own = picture.marks.filter(isOwn);
  const isCropped = picture.of === 'page' && (picture.crop.width < picture.source.width || picture.crop.height < picture.source.height);
  return (
    <section class="cap-editor" aria-label="Draw on the picture">
      <div class="cap-tools" role="toolbar" aria-label="Tools">
        {TOOLS.map((each) => (
          <button
            key={each.tool}
            type="button"
            class="cap-tool"
            aria-pressed={tool === each.tool}
            title={each.does}
            onClick={() => setTool(each.tool)}
          >
            {each.name}
          </button>
        ))}
        <span class="cap-gap" />
        {isCropped && (
          <Button
            kind="quiet"
            onClick={() => onChange({ ...picture, crop: { x: 0, y: 0, width: picture.source.width, height: picture.source.height } })}
          >
            Whole picture
          </Button>
        )}
        <Button
          kind="quiet"
          blocked={own.length === 0 ? 'You have drawn nothing yet.' : undefined}
          onClick={() => onChange({ ...picture, marks: picture.marks.filter((mark) => mark !== own.at(-1)) })}
        >
          Undo
        </Button>
        <Button
          kind="primary"
          onClick={() => {
            // What is drawn counts: a cover that is seen and not there would show what is under it.
            finish(path);
            onDone();
          }}
        >
          Done
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it is drawn on, by key too */}
      <canvas
        ref={canvas}
        tabindex={0}
        role="application"
        aria-label="The picture. Arrow keys move, Enter begins and ends a mark, Shift makes small steps."
        onKeyDown={onKey}
        onPointerDown={(event) => {
          event.preventDefault();
          // A stroke may end outside the picture, and ends there all the same.
          event.currentTarget.setPointerCapture(event.pointerId);
          setCursor(undefined);
          setPath([pointAt(event)]);
        }}
        onPointerMove={(event) => {
          if (path.length > 0) setPath(tool === 'line' ? [...path, pointAt(event)].slice(-2_000) : [path[0]!, pointAt(event)]);
        }}
        onPointerUp={(event) => path.length > 0 && finish(tool === 'line' ? path : [path[0]!, pointAt(event)])}
        onPointerCancel={() => setPath([])}
      />
      <p class="cap-quiet">What is covered is painted over in the picture itself: nothing under it is sent.</p>
    </section>
  );
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const isOwn = (mark: Mark) => mark.kind !== 'cover' || mark.secret === undefined;

function markOf(kind: Mark['kind'], points: readonly Point[]): Mark | undefined {
  const from = points[0];
  const to = points.at(-1);
  if (!from || !to) return undefined;
  if (kind === 'line') return { kind, points };
  if (kind === 'arrow') return { kind, from, to };
  const box = { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) };
  return { kind, box };
}

function isTiny(mark: Mark): boolean {
  if (mark.kind === 'line') return mark.points.length < 3;
  if (mark.kind === 'arrow') return Math.hypot(mark.to.x - mark.from.x, mark.to.y - mark.from.y) < 2 * SMALLEST;
  return mark.box.width < SMALLEST || mark.box.height < SMALLEST;
}

function within(box: Box, outer: Box): Box {
  const x = Math.max(box.x, outer.x);
  const y = Math.max(box.y, outer.y);
  return {
    x,
    y,
    width: Math.min(box.x + box.width, outer.x + outer.width) - x,
    height: Math.min(box.y + box.height, outer.y + outer.height) - y,
  };
}

function drawCursor(board: HTMLCanvasElement, { x, y }: Point): void {
  const pen = board.getContext('2d');
  if (!pen) return;
  for (const [colour, width] of [
    ['#ffffff', 5],
    ['#000000', 2],
  ] as const) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(x - 14, y);
    pen.lineTo(x + 14, y);
    pen.moveTo(x, y - 14);
    pen.lineTo(x, y + 14);
    pen.stroke();
  }
}
