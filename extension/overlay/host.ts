import { afterPaint } from './after-paint.ts';
import { htmlElement } from './html-element.ts';
import { openObstacles } from './obstacles.ts';

/** Our place in a page: an element of our own with a shadow root, and in it a native modal dialog. */
export interface Host {
  element: HTMLElement;
  shadow: ShadowRoot;
  dialog: HTMLDialogElement;
  isOpen(): boolean;
  /** Gives way to a layer that covers the page and lets it be seen, until the answer is called. */
  showLayer(): { layer: HTMLElement; end(): void };
  /** Whether it is in the page, on top and has the focus. */
  isHeld(): boolean;
  /** `unseen`: there, and with the focus, but neither to be seen nor in the way of the pointer, until `reveal`. */
  show(how?: 'unseen'): void;
  reveal(): void;
  isUnseen(): boolean;
  hide(): void;
  /** Above everything and with the focus again, whatever the page did meanwhile. */
  reclaim(): void;
  /** The same, but not without end: a page may insist. */
  disturbed(): void;
  addStyles(css: string): void;
}

export interface HostParts {
  /** Gives the focus to what was last in use inside the dialog. */
  focus(): void;
  /** The browser closed the dialog by itself. */
  closed(): void;
}

/** Until nothing a page says about its elements counts for ours. Wins over a page's `!important`, which comes from further out. */
const HOST_STYLE = ':host { all: initial !important; display: block !important; position: fixed !important; }';

/** After so many removals another place is tried, and after twice as many one that the page cannot see into. */
const PATIENCE = 3;
/** How often the page may undo us at once before we take a breath, so that two who insist do not stop the tab. */
const INSIST = 20;
const BREATH_MS = 100;
/** A page that is never idle is made inert all the same. */
const MODAL_WITHIN_MS = 200;

/**
 * A dialog in the top layer: above any `z-index`, with the page inert below it. Neither the page's
 * style sheets nor its content policy reach it, and a page that removes it gets it back.
 *
 * To make a page inert the browser styles all of it anew, which on a large one takes longer than all else:
 * so it shows as a popover first, where the page lets it have the focus, and becomes a modal when it is seen.
 */
export function createHost({ focus, closed }: HostParts): Host {
  const element = htmlElement('codex-builder');
  const shadow = element.attachShadow({ mode: __SHADOW_MODE__ });
  const dialog = htmlElement('dialog');
  dialog.className = 'cb';
  shadow.append(dialog);
  const obstacles = openObstacles();
  let isOpen = false;
  let isUnseen = false;
  /** Shown, and not yet a modal. */
  let isLight = false;
  let layer: HTMLElement | undefined;
  let isRaising = false;
  let removals = 0;
  let undone = 0;
  let breath: ReturnType<typeof setTimeout> | undefined;

  let hideout: ShadowRoot | undefined;

  /** Where we stand in the page. Under the body, as checkers of accessibility want it, unless the page will not have us there. */
  function placeNow(): ParentNode {
    const { body, documentElement } = document;
    if (body && hideout?.host === body) return hideout;
    if (!body || removals <= PATIENCE) return body ?? documentElement;
    if (removals <= 2 * PATIENCE) return documentElement;
    try {
      hideout = body.attachShadow({ mode: 'closed' });
      hideout.append(htmlElement('slot'));
      return hideout;
    } catch {
      return documentElement; // the body has a shadow root of its own
    }
  }

  function addStyles(css: string): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  }
  addStyles(HOST_STYLE);

  function raise(lightly = false): void {
    isRaising = true;
    watching.disconnect();
    for (const name of element.getAttributeNames()) element.removeAttribute(name);
    if (!element.isConnected) placeNow().append(element);
    obstacles.clear();
    // Closed and opened again, because the last one opened is the one on top.
    if (dialog.open) dialog.close();
    isLight = lightly;
    dialog.popover = lightly ? 'manual' : null;
    dialog.classList.toggle('aside', isUnseen);
    // Not as a modal: below one the page is inert, and what it shows to the pointer is gone.
    if (isUnseen) dialog.show();
    else if (lightly) dialog.showPopover();
    else if (layer === undefined) dialog.showModal();
    else {
      if (layer.matches(':popover-open')) layer.hidePopover();
      layer.showPopover();
    }
    watching.observe(document, { childList: true, subtree: true });
    watching.observe(element, { attributes: true });
    if (layer === undefined) focus();
    else layer.querySelector<HTMLElement>('[tabindex]')?.focus({ preventScroll: true });
    isRaising = false;
    // A modal of the page's own leaves the focus to nobody but itself, and to a later modal.
    if (isLight && shadow.activeElement === null) raise();
  }

  function reclaim(): void {
    if (isOpen) raise();
  }

  /** The page took us away or marked us. */
  function judge(): void {
    if (isOpen && (!element.isConnected || element.getAttributeNames().length > 0)) disturbed();
  }

  function disturbed(): void {
    if (!isOpen || isRaising) return;
    breath ??= setTimeout(() => {
      breath = undefined;
      const tooOften = undone > INSIST;
      undone = 0;
      if (tooOften) disturbed();
    }, BREATH_MS);
    undone += 1;
    if (!element.isConnected) removals += 1;
    if (undone <= INSIST) reclaim();
  }
  const watching = new MutationObserver(judge);

  // Esc is ours; this is the browser's own wish to close it, which it grants itself when asked twice.
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  dialog.addEventListener('close', () => {
    if (isOpen && layer === undefined && element.isConnected && !dialog.open && !isLight) closed();
  });

  return {
    element,
    shadow,
    dialog,
    isOpen: () => isOpen,
    isHeld: () => element.isConnected && (dialog.open || isLight || layer !== undefined) && shadow.activeElement !== null,
    showLayer() {
      const own = htmlElement('div');
      own.className = 'layer';
      own.popover = 'manual';
      shadow.append(own);
      layer = own;
      raise();
      return {
        layer: own,
        end() {
          own.remove();
          if (layer !== own) return;
          layer = undefined;
          if (isOpen) raise();
        },
      };
    },
    show(how) {
      isOpen = true;
      isUnseen = how === 'unseen';
      raise(!isUnseen);
      if (isLight) afterPaint(() => requestIdleCallback(() => isOpen && isLight && raise(), { timeout: MODAL_WITHIN_MS }));
    },
    reveal() {
      if (!isOpen || !isUnseen) return;
      isUnseen = false;
      raise();
    },
    isUnseen: () => isUnseen,
    hide() {
      isOpen = false;
      isUnseen = false;
      isLight = false;
      layer?.remove();
      layer = undefined;
      watching.disconnect();
      clearTimeout(breath);
      breath = undefined;
      undone = 0;
      dialog.close();
      dialog.popover = null;
      element.remove();
      obstacles.restore();
    },
    reclaim,
    disturbed,
    addStyles,
  };
}
