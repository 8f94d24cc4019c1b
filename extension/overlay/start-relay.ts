import { ask } from '../ask.ts';
import { DEFAULT_SETTINGS, isHotkey, isOff, type Settings } from '../settings.ts';
import { rememberFocus } from './focus-memory.ts';
import { followSettings } from './live-settings.ts';
import { isFirstHere } from './only-once.ts';

/** How long keys are held for an overlay that does not come. */
const HOLD_MS = 1_000;
const HELD = ['keydown', 'keypress', 'keyup', 'beforeinput'] as const;

/**
 * Tells the key of a frame to the overlay in the tab's top frame. What is typed until the overlay
 * has the focus is held back from the frame and sent after it.
 */
export function startRelay(): void {
  if (window === window.top || !isFirstHere('relay')) return;
  const isMac = /Mac/.test(navigator.userAgent);
  let settings: Settings = DEFAULT_SETTINGS;
  let held: string | undefined;
  let giveBack: (() => unknown) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBack = false;

  function begin(): void {
    held = '';
    giveBack = rememberFocus();
    timer = setTimeout(end, HOLD_MS);
    void ask('toggle', {});
  }

  function end(): void {
    clearTimeout(timer);
    const text = held;
    held = undefined;
    if (text) void ask('typed', { text });
  }

  function hear(event: Event): void {
    if (!event.isTrusted) return;
    const isKeydown = event.type === 'keydown';
    // The key that closed the overlay comes up here, where it was not pressed.
    if (isBack && event.type === 'keyup') event.stopImmediatePropagation();
    isBack = false;
    const key = event as KeyboardEvent;
    const isOurs = isKeydown && !key.isComposing && isHotkey(key, settings.hotkey, isMac) && !isOff(settings, topHost());
    if (held === undefined && !isOurs) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (held === undefined) {
      if (!key.repeat) begin();
      return;
    }
    if (isKeydown && !isOurs && !key.ctrlKey && !key.metaKey) held = typed(held, key.key);
    // No key comes this far: this is text that came without one, as from an emoji picker.
    if (event.type === 'beforeinput') held += (event as InputEvent).data ?? '';
  }

  followSettings((next) => {
    settings = next;
  });
  for (const type of HELD) addEventListener(type, hear, { capture: true });
  // A frame forgets what was focused in it when the focus leaves it.
  addEventListener('focus', () => {
    isBack = giveBack !== undefined;
    giveBack?.();
    giveBack = undefined;
  });
  addEventListener('blur', () => held !== undefined && end());
}

function typed(before: string, key: string): string {
  if (key === 'Backspace') return before.slice(0, -1);
  return before + (key.length === 1 ? key : '');
}

/** The site a person thinks of: the one in the address bar, as far as the browser tells a frame. */
function topHost(): string {
  const { ancestorOrigins } = location as Partial<Location>;
  return URL.parse(ancestorOrigins?.[ancestorOrigins.length - 1] ?? location.href)?.hostname ?? '';
}
