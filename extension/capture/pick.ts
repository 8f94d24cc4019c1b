import { nameOf, roleOf } from './accessible.ts';
import type { Collected, PickedElement, Picture } from './collected.ts';
import { readHints } from './hints.ts';
import { drawOutline } from './outline.ts';
import { photograph } from './photograph.ts';
import { findPlace } from './selector.ts';
import { takeElement } from './take-element.ts';
import { boxOf, childrenOf, elementAt, isFrame, parentOf } from './walk.ts';

/** What the picker needs of the overlay. */
export interface PickerParts {
  /**
   * Inside our own shadow root, above the page and as large as the viewport: outline and catcher are
   * put into it. While picking no dialog of ours may be modal, since the page under a modal dialog
   * cannot be pointed at. Events on the catcher may be the browser's or copies that a shield made of them.
   */
  layer: HTMLElement;
  already: readonly PickedElement[];
  /** Called again with the same id when more is known (what the framework says): see `withPicked`. */
  onPick(picked: Picked): void;
  /** Esc, or no more can be picked. */
  onEnd(): void;
}

/** One element, and its picture once there is one. */
export interface Picked {
  element: PickedElement;
  picture?: Picture;
  /** It was told before, and more is known of it now. */
  isMore?: boolean;
}

/** As many as a request may carry. */
export const MAX_ELEMENTS = 20;

/**
 * With the element in it, or in the place of what was known of it before. What the person wrote or left out meanwhile stays,
 * and of what they removed or sent meanwhile no more is known.
 */
export function withPicked(collected: Collected, { element, picture, isMore = false }: Picked): Collected {
  const before = collected.elements.find(({ id }) => id === element.id);
  if (before === undefined && isMore) return collected;
  const now = before === undefined ? element : { ...element, note: before.note, without: before.without };
  const pictures = picture === undefined ? collected.pictures : [...collected.pictures.filter(({ id }) => id !== picture.id), picture];
  const elements = before === undefined ? [...collected.elements, now] : collected.elements.map((each) => (each === before ? now : each));
  return { ...collected, elements, pictures };
}

const HINT = 'Click an element, or move with the arrow keys and press Enter. Shift-click picks several. Esc ends.';
/** Everything that could tell a page where the pointer is or what is typed. */
const SWALLOWED = [
  'pointerdown',
  'pointerup',
  'pointermove',
  'pointerover',
  'pointerout',
  'mousedown',
  'mouseup',
  'mousemove',
  'mouseover',
  'mouseout',
  'click',
  'dblclick',
  'auxclick',
  'contextmenu',
  'touchstart',
  'touchend',
  'dragstart',
  'keydown',
  'keyup',
  'keypress',
  'wheel',
] as const;

/** Lets the person point at elements, by pointer or keyboard, until the answer is called or they end it. The page sees none of it. */
export function startPicker({ layer, already, onPick, onEnd }: PickerParts): () => void {
  const outline = drawOutline(layer, HINT);
  const host = (layer.getRootNode() as Partial<ShadowRoot>).host;
  const stop = new AbortController();
  const taken = new Map(already.map((element) => [element.id, findPlace(element)]));
  let current: Element | undefined;
  let isTaking = false;
  /** Children that were left upwards, so that the way down is the way up. */
  const trail: Element[] = [];

  const end = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    outline.remove();
  };
  const drawTaken = () => outline.picked([...taken.values()].flatMap((element) => (element?.isConnected ? [boxOf(element)] : [])));

  function point(element: Element | undefined): void {
    current = element;
    outline.hover(element && boxOf(element), element ? labelOf(element) : '');
  }

  function under(event: Readable): Element | undefined {
    outline.catcher.style.pointerEvents = 'none';
    const found = elementAt(event.clientX ?? 0, event.clientY ?? 0);
    outline.catcher.style.pointerEvents = '';
    return found === host ? undefined : found;
  }

  async function pick(more: boolean): Promise<void> {
    const element = current;
    if (!element?.isConnected || isTaking) return;
    const known = takeElement(element);
    isTaking = true;
    taken.set(known.id, element);
    // Before anything of ours shows again: the overlay comes back in `onEnd`.
    const photo = await photograph(known.id, { box: boxOf(element), cover: outline });
    isTaking = false;
    const picked: Picked = photo.ok ? { element: known, picture: photo.picture } : { element: known };
    onPick(picked);
    drawTaken();
    if (!more || taken.size >= MAX_ELEMENTS) {
      end();
      onEnd();
    }
    const hints = await readHints(known);
    if (Object.keys(hints).length > 0) onPick({ element: { ...known, hints }, isMore: true });
  }

  function move(key: string): void {
    const from = current;
    if (!from) {
      const middle = under({ type: 'keydown', clientX: window.innerWidth / 2, clientY: window.innerHeight / 2 });
      point(middle === document.documentElement ? document.body : (middle ?? document.body));
      return;
    }
    const below = (element: Element) => childrenOf(element).filter((each) => each !== host && isSeen(each));
    const siblings = () => below(parentOf(from) ?? from);
    if (key === 'ArrowUp') {
      const parent = parentOf(from);
      if (!parent || parent === document.documentElement) return;
      trail.push(from);
      point(parent);
    } else if (key === 'ArrowDown') {
      const back = trail.pop();
      const child = back && parentOf(back) === from ? back : below(from)[0];
      if (child) point(child);
    } else {
      trail.length = 0;
      const all = siblings();
      const next = all[(all.indexOf(from) + (key === 'ArrowRight' ? 1 : all.length - 1)) % all.length];
      if (next) point(next);
    }
    current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    point(current);
  }

  function onKey(event: Readable): void {
    if (event.type !== 'keydown') return;
    if (event.key === 'Escape') {
      // Letting go of it belongs to the pressing, which was not the page's.
      window.addEventListener('keyup', (up) => up.stopImmediatePropagation(), { capture: true, once: true });
      end();
      onEnd();
    } else if (event.key === 'Enter' || event.key === ' ') void pick(event.shiftKey === true);
    else if (/^Arrow(Up|Down|Left|Right)$/.test(event.key ?? '')) move(event.key!);
  }

  function take(event: Event & Readable): void {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.type.startsWith('key')) onKey(event);
    else if (event.type === 'pointermove' || event.type === 'mousemove') {
      const found = under(event);
      if (found !== current) trail.length = 0;
      point(found);
    } else if (event.type === 'wheel') scroll(under(event), event);
    else if (event.type === 'click' && event.detail !== 0) {
      point(under(event));
      void pick(event.shiftKey === true || event.ctrlKey === true || event.metaKey === true);
    }
  }

  const listening = { capture: true, passive: false, signal: stop.signal };
  for (const type of SWALLOWED) {
    // On the window for what does not meet the catcher, such as a page's own modal dialog above it.
    window.addEventListener(type, take, listening);
    outline.catcher.addEventListener(type, take, listening);
  }
  const redraw = () => {
    point(current);
    drawTaken();
  };
  window.addEventListener('scroll', redraw, { capture: true, passive: true, signal: stop.signal });
  window.addEventListener('resize', redraw, { signal: stop.signal });
  outline.hover(undefined, '');
  drawTaken();
  outline.catcher.focus({ preventScroll: true });
  return end;
}

/** What is read of an event: copies that a shield makes have it, whatever their class. */
type Readable = Partial<
  Pick<MouseEvent & KeyboardEvent & WheelEvent, 'clientX' | 'clientY' | 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'deltaX' | 'deltaY'>
> & {
  type: string;
  detail?: number;
};

const isSeen = (element: Element) => {
  const { width, height } = element.getBoundingClientRect();
  return (width > 0 && height > 0) || element.childElementCount > 0;
};

/** Scrolls what is under the pointer, which the catcher keeps the wheel from. */
function scroll(from: Element | undefined, { deltaX = 0, deltaY = 0 }: Readable): void {
  for (let at = from; at; at = parentOf(at)) {
    const view = isFrame(at) ? undefined : at;
    if (!view || (view.scrollHeight <= view.clientHeight && view.scrollWidth <= view.clientWidth)) continue;
    const { overflowY, overflowX } = getComputedStyle(view);
    if (view !== view.ownerDocument.scrollingElement && !/auto|scroll/.test(overflowY + overflowX)) continue;
    const [left, top] = [view.scrollLeft, view.scrollTop];
    view.scrollBy(deltaX, deltaY);
    if (view.scrollLeft !== left || view.scrollTop !== top) return;
  }
}

function labelOf(element: Element): string {
  const { width, height } = element.getBoundingClientRect();
  const name = nameOf(element).slice(0, 60);
  const what = [roleOf(element) ?? `<${element.localName}>`, name === '' ? '' : `“${name}”`].filter((part) => part !== '').join(' ');
  return `${what} · ${Math.round(width)} × ${Math.round(height)}`;
}
