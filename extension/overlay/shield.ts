/** Everything that tells what a person does, and so must not reach a page while the overlay is open. */
const SHIELDED = [
  ...['keydown', 'keypress', 'keyup', 'beforeinput', 'input', 'change', 'compositionstart', 'compositionupdate', 'compositionend'],
  ...['paste', 'copy', 'cut', 'beforecopy', 'beforecut', 'beforepaste', 'select', 'selectstart', 'textInput'],
  ...['dragstart', 'drag', 'dragend', 'dragenter', 'dragover', 'dragleave', 'drop'],
  ...['pointerdown', 'pointerup', 'pointermove', 'pointercancel', 'pointerover', 'pointerout', 'gotpointercapture', 'lostpointercapture'],
  ...['mousedown', 'mouseup', 'mousemove', 'mouseover', 'mouseout', 'click', 'dblclick', 'auxclick', 'contextmenu'],
  ...['focus', 'blur', 'focusin', 'focusout'],
] as const;
/** The same, where a listener that may object would make scrolling wait for it. */
const SHIELDED_PASSIVE = ['wheel', 'touchstart', 'touchmove', 'touchend', 'touchcancel'] as const;

/** What a page's elements go through without a person. */
const OWN_AFFAIRS = /^(focus|blur|select|change)/;

/** Copied onto the event that stays inside: a copy of the event's own class would leave the shadow tree in Firefox. */
const COPIED = [
  ...['key', 'code', 'keyCode', 'ctrlKey', 'metaKey', 'shiftKey', 'altKey', 'repeat', 'isComposing', 'data', 'inputType'],
  ...['clipboardData', 'dataTransfer', 'clientX', 'clientY', 'movementX', 'movementY', 'button', 'buttons', 'detail'],
  ...['pointerId', 'pointerType', 'isPrimary', 'pressure', 'deltaX', 'deltaY', 'deltaMode', 'timeStamp', 'relatedTarget'],
] as const;

/** What the shield guards. */
export interface Guarded {
  host: HTMLElement;
  shadow: ShadowRoot;
  /** Whether the overlay is where it was put and has the focus. */
  isHeld(): boolean;
  /** Puts it back and gives it the focus. */
  reclaim(): void;
  /** The page may have taken the focus: puts it back, but not without end. */
  disturbed(): void;
  /** Text that was on its way into the page. */
  insert(text: string): void;
}

export interface ShieldParts {
  /** What is to be guarded now; undefined while the overlay is closed. */
  guarded(): Guarded | undefined;
  /** Sees each key press before anything else; answers whether it saw to it. */
  press(event: KeyboardEvent): boolean;
  /** Whether there is nothing left to stand here for: the shield then ends by itself. */
  isOver(): boolean;
}

export interface Shield {
  /** Whether a copy stands for an event that a person caused. Nothing in a page can make one. */
  isReal(event: Event): boolean;
  /** Lets go of every event. */
  end(): void;
}

/**
 * Stands before every listener of the page, those on `window` that capture included, because a
 * content script is there first. An event for the overlay is stopped and a copy that cannot leave
 * the shadow tree goes to the element it was meant for; what the browser does by itself (typing,
 * focus, pressing a button) still happens. The root may be closed, so that element is found anew.
 */
export function openShield({ guarded, press, isOver }: ShieldParts): Shield {
  const real = new WeakSet<Event>();
  let pressed: Element | undefined;
  let isPressing = false;
  const held = new Set<string>();

  function aimOf(event: Event, { shadow, host }: Guarded): Element | undefined {
    // A key pressed on a button makes a click that is nowhere.
    const point = pointOf(event);
    if (!point || (event.type === 'click' && (event as MouseEvent).detail === 0))
      return shadow.activeElement ?? shadow.firstElementChild ?? host;
    const { clientX, clientY } = point;
    const under = shadow.elementFromPoint(clientX, clientY) ?? shadow.firstElementChild ?? host;
    if (event.type === 'pointerdown' || event.type === 'mousedown') pressed = under;
    if (event instanceof PointerEvent && pressed?.hasPointerCapture(event.pointerId)) return pressed;
    // A press here and a release there is a click on what holds both.
    if (event.type === 'click') return pressed === undefined ? under : common(pressed, under);
    return under;
  }

  function hear(event: Event): void {
    if (isOver()) {
      end();
      return;
    }
    if (event.type === 'keydown' && press(event as KeyboardEvent)) {
      if (event.defaultPrevented) held.add((event as KeyboardEvent).code);
      return;
    }
    const now = guarded();
    // A key that was pressed here comes up here, also when pressing it closed the overlay.
    if (event.isTrusted && event.type === 'keyup' && held.delete((event as KeyboardEvent).code)) event.stopImmediatePropagation();
    if (!now) return;
    if (event.isTrusted && event.type === 'keydown') held.add((event as KeyboardEvent).code);
    const isAimedAtUs = event.target === now.host;
    if (event.isTrusted && (event.type === 'focusin' || event.type === 'focusout')) lookAtFocus(event as FocusEvent, now);
    if (!isAimedAtUs && (!event.isTrusted || OWN_AFFAIRS.test(event.type))) return;
    event.stopImmediatePropagation();
    if (!event.isTrusted) return;
    if (event.type === 'pointerdown') isPressing = true;
    if (event.type === 'pointerup' || event.type === 'pointercancel') isPressing = false;
    // The page removed it, covered it or took the focus: what is typed is typed into it all the same.
    if ((event.type === 'keydown' || event.type === 'pointerdown') && !now.isHeld()) now.reclaim();
    // Not every key is told as one: a dictation or an emoji comes as text alone.
    if (event.type === 'beforeinput' && !now.isHeld() && event.cancelable) {
      event.preventDefault();
      now.reclaim();
      now.insert((event as InputEvent).data ?? '');
      return;
    }
    const aim = aimOf(event, now);
    if (!aim) return;
    const copy = new Event(event.type, { bubbles: event.bubbles, cancelable: event.cancelable, composed: false });
    for (const name of COPIED) if (name in event) Object.defineProperty(copy, name, { value: event[name as keyof Event] });
    real.add(copy);
    if (!aim.dispatchEvent(copy) && event.cancelable) event.preventDefault();
  }

  /** A page that takes the focus gets no second key; a person who presses beside a field meant to. */
  function lookAtFocus({ type, target, relatedTarget }: FocusEvent, now: Guarded): void {
    if (type === 'focusin' && target !== now.host) now.disturbed();
    if (type === 'focusout' && target === now.host && relatedTarget === null && !isPressing) {
      queueMicrotask(() => {
        if (guarded() && document.hasFocus() && !now.isHeld()) now.disturbed();
      });
    }
  }

  function listen(): void {
    for (const type of SHIELDED) addEventListener(type, hear, { capture: true });
    for (const type of SHIELDED_PASSIVE) addEventListener(type, hear, { capture: true, passive: true });
  }

  function end(): void {
    rewritten.disconnect();
    for (const type of [...SHIELDED, ...SHIELDED_PASSIVE]) removeEventListener(type, hear, { capture: true });
  }

  listen();
  // `document.open()` takes every listener away, also those of extensions; adding one that is there changes nothing.
  const rewritten = new MutationObserver(listen);
  rewritten.observe(document, { childList: true });

  return {
    isReal: (event) => real.has(event),
    end,
  };
}

function pointOf(event: Event): { clientX: number; clientY: number } | undefined {
  if (event instanceof MouseEvent) return event;
  // Not every browser has a class for touches.
  return 'changedTouches' in event ? (event as TouchEvent).changedTouches[0] : undefined;
}

function common(a: Element, b: Element): Element {
  let each: Element = a;
  while (!each.contains(b) && each.parentElement) each = each.parentElement;
  return each;
}
