import type { Box } from '../capture/collected.ts';
import { findPlace, type Place } from '../capture/selector.ts';
import { boxOf, parentOf } from '../capture/walk.ts';
import type { RunMark } from '../messages.ts';

/** Amber for a person's turn, blue for work that goes on. */
const COLOURS = { calls: '#b26a00', works: '#4c6ef5' } as const;
/** More would hide the page that they are about. */
const LIMIT = 60;

/** The element that a run was asked about, in frames and open shadow roots too; undefined when the page has it no more. */
function find(place: Place): Element | undefined {
  try {
    return findPlace(place);
  } catch {
    return undefined; // no selector, or a frame of another origin
  }
}

interface Drawn {
  target: Element;
  box: HTMLElement;
}

/** Built of plain elements with styles of their own: nothing of the page's and no sheet is needed. */
function boxFor({ title, words, calls }: RunMark): HTMLElement {
  const colour = calls ? COLOURS.calls : COLOURS.works;
  const box = document.createElement('div');
  box.style.cssText = `position:fixed;left:0;top:0;box-sizing:border-box;pointer-events:none;border:1.5px ${calls ? 'solid' : 'dashed'} ${colour};border-radius:4px;opacity:.9`;
  const label = document.createElement('div');
  label.style.cssText = `position:absolute;left:-1.5px;bottom:100%;max-width:280px;padding:1px 6px;overflow:hidden;border-radius:4px 4px 0 0;background:${calls ? '#8a4b00' : '#3b5bdb'};color:#fff;font:500 11px/16px system-ui,sans-serif;text-overflow:ellipsis;white-space:nowrap`;
  label.textContent = `${words}: ${title}`;
  box.append(label);
  return box;
}

/** Where an element is in the top window; undefined when nothing of it shows. */
function whereIs(target: Element): Box | undefined {
  const box = target.isConnected ? boxOf(target) : undefined;
  return box && (box.width > 0 || box.height > 0) ? box : undefined;
}

/** What may scroll an element: nothing that happens in a frame or a shadow root is heard outside of it. */
function* scrollersOf(target: Element): Generator<EventTarget> {
  for (let at: Element | undefined = target; at; at = parentOf(at)) {
    if (at.parentElement) continue;
    const root = at.getRootNode();
    yield root;
    if (root === at.ownerDocument && at.ownerDocument.defaultView) yield at.ownerDocument.defaultView;
  }
}

/**
 * Draws a quiet outline around each element that an active run is about, into a layer that covers
 * the window, and keeps it there while the page scrolls or changes. Answers how many elements were
 * found, and what takes the outlines away. They take no pointer and no key.
 */
export function drawOutlines(layer: HTMLElement, marks: readonly RunMark[]): { found: number; stop(): void } {
  const root = document.createElement('div');
  root.setAttribute('aria-hidden', 'true');
  const drawn: Drawn[] = [];
  for (const mark of marks) {
    for (const place of mark.elements) {
      const target = drawn.length < LIMIT ? find(place) : undefined;
      if (!target) continue;
      const box = boxFor(mark);
      drawn.push({ target, box });
      root.append(box);
    }
  }
  layer.append(root);

  let frame = 0;
  function place(): void {
    frame = 0;
    // All is measured before anything is moved: one layout for all of them.
    const places = drawn.map(({ target }) => whereIs(target));
    drawn.forEach(({ box }, index) => {
      const at = places[index];
      box.style.display = at ? '' : 'none';
      if (!at) return;
      box.style.transform = `translate(${Math.round(at.x) - 2}px, ${Math.round(at.y) - 2}px)`;
      box.style.width = `${Math.round(at.width) + 4}px`;
      box.style.height = `${Math.round(at.height) + 4}px`;
      (box.firstElementChild as HTMLElement).style.bottom = at.y < 20 ? 'auto' : '100%';
    });
  }
  const soon = () => {
    frame ||= requestAnimationFrame(place);
  };
  const ending = new AbortController();
  const { signal } = ending;
  addEventListener('scroll', soon, { capture: true, passive: true, signal });
  addEventListener('resize', soon, { passive: true, signal });
  const sizes = new ResizeObserver(soon);
  sizes.observe(document.documentElement);
  for (const { target } of drawn) {
    sizes.observe(target);
    for (const scroller of scrollersOf(target)) scroller.addEventListener('scroll', soon, { capture: true, passive: true, signal });
  }
  place();

  return {
    found: drawn.length,
    stop() {
      ending.abort();
      sizes.disconnect();
      cancelAnimationFrame(frame);
      root.remove();
    },
  };
}
