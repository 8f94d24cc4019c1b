import type { Box } from './collected.ts';
import { findSecrets } from './find-secrets.ts';
import { type SecretKind, secretOf } from './masked.ts';
import { fieldKind, isMarked, shownLabel, shownValue } from './private-places.ts';
import { secretsIn } from './private-text.ts';
import { anyShadowRoot, documentOfFrame, embeddedIn, isFrame, outOfFrames } from './walk.ts';

/** A part of the viewport that shows something private. */
export interface Region {
  box: Box;
  secret: string;
}

/** What of the visible page is private. `isWhole`: everything was looked at; a page may be larger than can be looked through in the time there is. */
export interface Regions {
  regions: readonly Region[];
  isWhole: boolean;
}

const MAX_NODES = 80_000;
const MAX_REGIONS = 2_000;
const MAX_MS = 600;

/** Looks through the page, closed shadow roots, frames and embedded documents included, for what a picture of it must not show. Frames of other sites, and a plugin's, cannot be looked into: they are private as a whole. `ours` is not of the page and not in its picture. */
export function privateRegions(viewport: { width: number; height: number }, ours?: Element): Regions {
  const regions: Region[] = [];
  const until = performance.now() + MAX_MS;
  let nodes = 0;
  let isWhole = true;

  function add(element: Element, rects: Iterable<DOMRect>, kind: SecretKind, value: string): void {
    for (const rect of rects) {
      if (rect.width < 1 || rect.height < 1) continue;
      const box = outOfFrames(element, rect);
      if (box.x + box.width < 0 || box.y + box.height < 0 || box.x > viewport.width || box.y > viewport.height) continue;
      if (regions.length >= MAX_REGIONS) isWhole = false;
      else regions.push({ box: grown(box), secret: secretOf(kind, value).id });
    }
  }

  function look(root: Node): void {
    const document = root.ownerDocument ?? (root as Document);
    const texts: Text[] = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    // A field or a marked part is covered as a whole: what is in it needs no look of its own.
    let next: Node | null = walker.nextNode();
    while (next) {
      if (++nodes > MAX_NODES || (nodes % 500 === 0 && performance.now() > until)) {
        isWhole = false;
        break;
      }
      if (next.nodeType === Node.TEXT_NODE) {
        if (!/^(script|style|template|noscript)$/.test(next.parentElement?.localName ?? '')) texts.push(next as Text);
        next = walker.nextNode();
      } else next = next === ours || lookAt(next as Element) ? afterSubtree(walker) : walker.nextNode();
    }
    const found = secretsIn(texts);
    for (const [at, node] of texts.entries()) {
      for (const { from, to, kind } of found[at]!) {
        const range = document.createRange();
        range.setStart(node, from);
        range.setEnd(node, to);
        if (node.parentElement) add(node.parentElement, range.getClientRects(), kind, node.data.slice(from, to));
      }
    }
  }

  /** Whether the element is covered with all that is in it. */
  function lookAt(element: Element): boolean {
    const kind = fieldKind(element) ?? (isMarked(element) ? 'private' : undefined);
    const root = anyShadowRoot(element);
    if (kind !== undefined) {
      const value = shownValue(element);
      if (value !== undefined || kind === 'private') add(element, [element.getBoundingClientRect()], kind, value ?? '');
      else lookAtLabel(element);
      return true;
    }
    lookAtLabel(element);
    if (root) look(root);
    if (isFrame(element)) {
      const inner = documentOfFrame(element);
      if (inner) look(inner);
      else add(element, [element.getBoundingClientRect()], 'frame', (element as HTMLIFrameElement).src);
    }
    const embedded = embeddedIn(element);
    if (embedded === 'closed') add(element, [element.getBoundingClientRect()], 'frame', addressOf(element));
    else if (embedded !== undefined && embedded !== 'picture') look(embedded);
    return false;
  }

  /** Words that are shown without being text of the page: of buttons, and of fields that are still empty. */
  function lookAtLabel(element: Element): void {
    const label = shownLabel(element);
    if (label === undefined) return;
    for (const { from, to, kind } of findSecrets(label)) add(element, [element.getBoundingClientRect()], kind, label.slice(from, to));
  }

  look(document);
  return { regions, isWhole };
}

/** As an address in full, which a person knows it by. */
function addressOf(element: Element): string {
  return URL.parse(element.getAttribute('data') ?? element.getAttribute('src') ?? '', element.baseURI)?.href ?? '';
}

/** The node after the current one and all that is in it. */
function afterSubtree(walker: TreeWalker): Node | null {
  do {
    const next = walker.nextSibling();
    if (next) return next;
  } while (walker.parentNode());
  return null;
}

/** Letters reach a little out of their boxes. */
const grown = ({ x, y, width, height }: Box): Box => ({ x: x - 2, y: y - 2, width: width + 4, height: height + 4 });
