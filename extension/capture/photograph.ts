import { ask } from '../ask.ts';
import type { Box, Mark, Picture } from './collected.ts';
import { privateRegions, type Regions } from './private-regions.ts';

export type Photo = { ok: true; picture: Picture } | { ok: false; message: string };

/** What of ours lies over the page. */
export interface Cover {
  /** Nothing in it is the page's, so nothing in it is looked for in the picture. */
  element?: Element;
  hide(): void;
  show(): void;
}

export interface PhotographOptions {
  /** Only this part of the viewport, with a little around it. */
  box?: Box;
  cover?: Cover;
  /** An element of ours, which is out of sight meanwhile: what is written in it is nothing of the page's. */
  ours?: Element;
  /** The browser has taken it, or will not: what the page shows from now on is not in it. */
  onTaken?(): void;
}

/** Around an element, so that it is seen where it stands. */
const MARGIN = 16;
const MOVED = 'The page moved while it was photographed, so something private may show. Look at the picture before you send it.';
const STRANGE = 'This page cannot be looked through for private things, so no picture of it is taken.';
const TOO_LARGE = 'This page is too large to look for private things in it. Look at the picture before you send it.';

/** A picture of what is visible, with everything private in it found and covered. `id` names it among the pictures of a request. */
export async function photograph(id: string, { box, cover, ours, onTaken }: PhotographOptions = {}): Promise<Photo> {
  cover?.hide();
  if (cover) await painted();
  const before = standing();
  const asked = ask('photograph', {});
  // While the browser takes the picture: a page that changes right now is looked at before and after.
  const first = lookedThrough(before, ours);
  const answer = await asked;
  const after = standing();
  const second = lookedThrough(after, ours);
  cover?.show();
  onTaken?.();
  if (!first || !second) return { ok: false, message: STRANGE };
  if (!answer.ok) return { ok: false, message: answer.message };
  if (!answer.value.ok) return { ok: false, message: answer.value.message };
  const source = await decoded(answer.value.picture);
  if (source === undefined) return { ok: false, message: 'The browser’s picture of this page is too large to work with.' };
  const doubt = isSame(before, after) ? (first.isWhole && second.isWhole ? undefined : TOO_LARGE) : MOVED;
  const toSource = onto(source, after);
  const whole = { x: 0, y: 0, width: source.width, height: source.height };
  const crop = box === undefined ? whole : inside(toSource(around(box)), whole);
  if (crop.width < 1 || crop.height < 1) return { ok: false, message: 'The element is not in sight.' };
  return {
    ok: true,
    picture: {
      id,
      of: box === undefined ? 'page' : 'element',
      source,
      crop,
      marks: covers([first, second], toSource),
      isOff: doubt !== undefined,
      ...(doubt === undefined ? {} : { doubt }),
    },
  };
}

/** Undefined of a page whose elements do not answer as elements do: a form with a field of the name of what it is asked for. */
function lookedThrough(at: Standing, ours: Element | undefined): Regions | undefined {
  try {
    return privateRegions(at, ours);
  } catch (error) {
    // To the browser's list of errors, and not by an event that the page could hear.
    queueMicrotask(() => {
      throw error;
    });
    return undefined;
  }
}

function covers(looks: readonly Regions[], toSource: (box: Box) => Box): readonly Mark[] {
  const marks = new Map<string, Mark>();
  for (const { regions } of looks) {
    for (const { box, secret } of regions) {
      const mark = { kind: 'cover', box: toSource(box), secret } as const;
      marks.set(JSON.stringify(mark), mark);
    }
  }
  return [...marks.values()];
}

interface Standing {
  width: number;
  height: number;
  scrollX: number;
  scrollY: number;
  left: number;
  top: number;
  zoom: number;
}

function standing(): Standing {
  const { innerWidth: width, innerHeight: height, scrollX, scrollY, visualViewport } = window;
  return {
    width,
    height,
    scrollX,
    scrollY,
    left: visualViewport?.offsetLeft ?? 0,
    top: visualViewport?.offsetTop ?? 0,
    zoom: visualViewport?.scale ?? 1,
  };
}

const isSame = (a: Standing, b: Standing) => JSON.stringify(a) === JSON.stringify(b);

/** From the layout viewport's CSS pixels to those of the picture, which shows the visual viewport. */
function onto(source: ImageBitmap, { width, height, left, top, zoom }: Standing): (box: Box) => Box {
  const [byX, byY] = [(source.width / width) * zoom, (source.height / height) * zoom];
  return (box) => ({ x: (box.x - left) * byX, y: (box.y - top) * byY, width: box.width * byX, height: box.height * byY });
}

const around = ({ x, y, width, height }: Box): Box => ({
  x: x - MARGIN,
  y: y - MARGIN,
  width: width + 2 * MARGIN,
  height: height + 2 * MARGIN,
});

function inside(box: Box, outer: Box): Box {
  const x = Math.max(outer.x, Math.floor(box.x));
  const y = Math.max(outer.y, Math.floor(box.y));
  return {
    x,
    y,
    width: Math.min(outer.x + outer.width, Math.ceil(box.x + box.width)) - x,
    height: Math.min(outer.y + outer.height, Math.ceil(box.y + box.height)) - y,
  };
}

/** After two frames what was hidden is no longer on the screen. A tab out of sight paints none. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
    setTimeout(resolve, 500);
  });
}

/** From a data URL, without a request that the page's own rules could refuse. */
async function decoded(dataUrl: string): Promise<ImageBitmap | undefined> {
  try {
    const bytes = Uint8Array.from(atob(dataUrl.slice(dataUrl.indexOf(',') + 1)), (char) => char.charCodeAt(0));
    return await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  } catch {
    return undefined; // larger than the browser can hold
  }
}
