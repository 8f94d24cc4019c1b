import { openObstacles } from './obstacles.ts';

/** Our place in a page: an element of our own with a shadow root, and in it a native modal dialog. */
export interface Host {
  element: HTMLElement;
  shadow: ShadowRoot;
  dialog: HTMLDialogElement;
  isOpen(): boolean;
  show(): void;
  hide(): void;
  /** Above everything and with the focus again, whatever the page did meanwhile. */
  reclaim(): void;
  addStyles(css: string): void;
}

export interface HostParts {
  /** Gives the focus to what was last in use inside the dialog. */
  focus(): void;
  /** The browser closed the dialog by itself. */
  closed(): void;
}

/** Of an element in a page whose own document may not be HTML. */
const HTML = 'http://www.w3.org/1999/xhtml';
/** Until nothing a page says about its elements counts for ours. Wins over a page's `!important`, which comes from further out. */
const HOST_STYLE = ':host { all: initial !important; display: block !important; position: fixed !important; }';

/** How often the page may undo us at once before we take a breath, so that two who insist do not stop the tab. */
const INSIST = 20;
const BREATH_MS = 100;

/**
 * A dialog in the top layer: above any `z-index`, with the page inert below it. Neither the page's
 * style sheets nor its content policy reach it, and a page that removes it gets it back.
 */
export function createHost({ focus, closed }: HostParts): Host {
  const element = document.createElementNS(HTML, 'codex-builder') as HTMLElement;
  const shadow = element.attachShadow({ mode: __SHADOW_MODE__ });
  const dialog = document.createElementNS(HTML, 'dialog') as HTMLDialogElement;
  dialog.className = 'cb';
  shadow.append(dialog);
  const obstacles = openObstacles();
  let isOpen = false;
  let undone = 0;
  let breath: ReturnType<typeof setTimeout> | undefined;

  function addStyles(css: string): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  }
  addStyles(HOST_STYLE);

  function raise(): void {
    watching.disconnect();
    for (const name of element.getAttributeNames()) element.removeAttribute(name);
    if (!element.isConnected) (document.body ?? document.documentElement).append(element);
    obstacles.clear();
    // Closed and opened again, because the last one opened is the one on top.
    if (dialog.open) dialog.close();
    dialog.showModal();
    watching.observe(document, { childList: true, subtree: true });
    watching.observe(element, { attributes: true });
  }

  function reclaim(): void {
    if (!isOpen) return;
    raise();
    focus();
  }

  /** The page took us away or marked us. */
  function judge(): void {
    if (!isOpen || (element.isConnected && element.getAttributeNames().length === 0)) return;
    breath ??= setTimeout(() => {
      breath = undefined;
      const tooOften = undone > INSIST;
      undone = 0;
      if (tooOften) judge();
    }, BREATH_MS);
    undone += 1;
    if (undone <= INSIST) reclaim();
  }
  const watching = new MutationObserver(judge);

  // Esc is ours; this is the browser's own wish to close it, which it grants itself when asked twice.
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  dialog.addEventListener('close', () => {
    if (isOpen && element.isConnected && !dialog.open) closed();
  });

  return {
    element,
    shadow,
    dialog,
    isOpen: () => isOpen,
    show() {
      isOpen = true;
      raise();
      focus();
    },
    hide() {
      isOpen = false;
      watching.disconnect();
      clearTimeout(breath);
      breath = undefined;
      undone = 0;
      dialog.close();
      element.remove();
      obstacles.restore();
    },
    reclaim,
    addStyles,
  };
}
