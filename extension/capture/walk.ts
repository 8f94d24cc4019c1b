/*
 * A page as one tree: open shadow roots and frames of the same origin belong to their element.
 * Nothing here runs code of the page: it is called in the extension's own world.
 */

/** Reads closed shadow roots too; a browser gives this to extensions only. Used to look for private data, never for what is sent. */
interface ClosedRoots {
  chrome?: { dom?: { openOrClosedShadowRoot?(element: HTMLElement): ShadowRoot | null } };
}

export type Root = Document | ShadowRoot;

/** The shadow root of an element, closed ones included where the browser lets an extension see them. */
export function anyShadowRoot(element: Element): ShadowRoot | undefined {
  if (element.shadowRoot) return element.shadowRoot;
  // Only these can have one: see attachShadow.
  if (!/-|^(article|aside|blockquote|body|div|footer|h[1-6]|header|main|nav|p|section|span)$/.test(element.localName)) return undefined;
  try {
    const gecko = (element as { openOrClosedShadowRoot?: ShadowRoot | null }).openOrClosedShadowRoot;
    return gecko ?? (globalThis as ClosedRoots).chrome?.dom?.openOrClosedShadowRoot?.(element as HTMLElement) ?? undefined;
  } catch {
    return undefined; // not an HTML element
  }
}

/** The document of a frame, when it is of the page's own origin. */
export function documentOfFrame(element: Element): Document | undefined {
  if (element.localName !== 'iframe' && element.localName !== 'frame') return undefined;
  try {
    return (element as HTMLIFrameElement).contentDocument ?? undefined;
  } catch {
    return undefined;
  }
}

/** What of an `<object>` or `<embed>` is shown: a document of the page's own origin, a picture, or what nobody here can look into. */
export function embeddedIn(element: Element): Document | 'picture' | 'closed' | undefined {
  const { localName } = element;
  if (localName !== 'object' && localName !== 'embed') return localName === 'fencedframe' ? 'closed' : undefined;
  const address = element.getAttribute(localName === 'object' ? 'data' : 'src') ?? '';
  if (address === '') return undefined; // shows nothing but its own children
  try {
    const inner = localName === 'object' ? (element as HTMLObjectElement).contentDocument : (element as HTMLEmbedElement).getSVGDocument();
    if (inner) return inner;
  } catch {
    return 'closed'; // another origin's
  }
  const isPicture = /^image\//i.test(element.getAttribute('type') ?? '') || /\.(png|jpe?g|gif|webp|avif)([?#]|$)/i.test(address);
  return isPicture ? 'picture' : 'closed';
}

export const isFrame = (element: Element): boolean => element.localName === 'iframe' || element.localName === 'frame';

/** The element around this one, out of shadow roots and frames too. */
export function parentOf(element: Element): Element | undefined {
  if (element.parentElement) return element.parentElement;
  const root = element.getRootNode();
  if (root instanceof ShadowRoot || isShadow(root)) return (root as ShadowRoot).host;
  return frameOf(element);
}

/** A shadow root of a frame's window is of another class than ours. */
const isShadow = (node: Node): boolean => node.nodeType === Node.DOCUMENT_FRAGMENT_NODE && 'host' in node;

/** The frame element around an element's document. */
export function frameOf(element: Element): Element | undefined {
  try {
    return element.ownerDocument.defaultView?.frameElement ?? undefined;
  } catch {
    return undefined; // the frame around it is another origin's
  }
}

/** Elements directly below: of the open shadow root or the frame's document before its own children. */
export function childrenOf(element: Element): readonly Element[] {
  const inner = element.shadowRoot ?? documentOfFrame(element);
  return [...(inner ? ownChildren(inner) : []), ...ownChildren(element)];
}

/** One after the other: a form answers `children` with its field of that name, for us too. */
export function* ownChildren(parent: ParentNode): Generator<Element> {
  for (let at = parent.firstElementChild; at; at = at.nextElementSibling) yield at;
}

/** Where an element is in the viewport of the top frame. */
export function boxOf(element: Element): { x: number; y: number; width: number; height: number } {
  return outOfFrames(element, element.getBoundingClientRect());
}

/** A rectangle in an element's own viewport, in that of the top frame. */
export function outOfFrames(
  element: Element,
  rect: { x: number; y: number; width: number; height: number },
): { x: number; y: number; width: number; height: number } {
  let box = { x: rect.x, y: rect.y, width: rect.width, height: rect.height };
  let frame = frameOf(element);
  for (let depth = 0; frame && depth < 10; depth++) {
    const outer = frame.getBoundingClientRect();
    const { clientLeft, clientTop, offsetWidth, offsetHeight } = frame as HTMLElement;
    const [scaleX, scaleY] = [outer.width / (offsetWidth || 1), outer.height / (offsetHeight || 1)];
    box = {
      x: outer.x + (clientLeft + box.x) * scaleX,
      y: outer.y + (clientTop + box.y) * scaleY,
      width: box.width * scaleX,
      height: box.height * scaleY,
    };
    frame = frameOf(frame);
  }
  return box;
}

/** The innermost element at a point of the top frame's viewport, through open shadow roots and same-origin frames. */
export function elementAt(x: number, y: number): Element | undefined {
  let root: Root = document;
  let [atX, atY] = [x, y];
  let found: Element | undefined;
  for (let depth = 0; depth < 30; depth++) {
    const hit: Element | null = root.elementFromPoint(atX, atY);
    if (!hit || hit === found) return found;
    found = hit;
    const inner = documentOfFrame(hit);
    if (inner) {
      const box = hit.getBoundingClientRect();
      const { clientLeft, clientTop, offsetWidth, offsetHeight } = hit as HTMLElement;
      atX = (atX - box.x) / (box.width / (offsetWidth || 1)) - clientLeft;
      atY = (atY - box.y) / (box.height / (offsetHeight || 1)) - clientTop;
      root = inner;
    } else if (hit.shadowRoot) root = hit.shadowRoot;
    else return found;
  }
  return found;
}
