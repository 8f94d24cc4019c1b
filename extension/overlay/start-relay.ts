import { isGone, onTabMessage, tell } from '../ask.ts';
import { DEFAULT_SETTINGS, isHotkey, isOff, readSettings, SETTINGS_PLACE, type Settings } from '../settings.ts';
import { rememberFocus } from './focus-memory.ts';
import { followKept } from './follow-kept.ts';
import { copyOfPress, type Press } from './presses.ts';
import { isFirst } from './takeover.ts';

/** How long keys are held for an overlay that does not come. */
const HOLD_MS = 1_000;
const HELD = ['keydown', 'keypress', 'keyup', 'beforeinput'] as const;

/**
 * Tells the key of a frame to the overlay in the tab's top frame. What is typed until the overlay
 * has the focus is held back from the frame and sent after it; a second press is the frame's own.
 */
export function startRelay(): void {
  if (window === window.top || !isFirst('relay')) return;
  const isMac = /Mac/.test(navigator.userAgent);
  let settings: Settings = DEFAULT_SETTINGS;
  let held: string | undefined;
  let giveBack: (() => Element | undefined) | undefined;
  let begun: { press: Press; at: () => Element | undefined } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBack = false;
  let isAnswered = false;

  /** The overlay's tab answers only after it was told of a key. */
  function hearAnswers(): void {
    if (!isAnswered) onTabMessage((message) => message.type === 'press' && pass());
    isAnswered = true;
  }

  function begin(press: Press): void {
    held = '';
    giveBack = rememberFocus();
    begun = { press, at: giveBack };
    timer = setTimeout(end, HOLD_MS);
    hearAnswers();
    tell('toggle', {});
  }

  function end(): void {
    clearTimeout(timer);
    const text = held;
    held = undefined;
    if (text) tell('typed', { text });
  }

  /** The frame gets the key after all, where its focus was. */
  function pass(): void {
    if (!begun) return;
    const { press, at } = begun;
    begun = undefined;
    (at() ?? document.activeElement ?? document.documentElement).dispatchEvent(copyOfPress(press));
  }

  /** Pressed again before the overlay had the focus. */
  function passAtOnce(): void {
    held = '';
    end();
    tell('toggle', {});
    pass();
  }

  function stop(): void {
    end();
    for (const type of HELD) removeEventListener(type, hear, { capture: true });
  }

  function hear(event: Event): void {
    // The relay of the next version is here, or will be with the next load.
    if (isGone()) stop();
    if (isGone() || !event.isTrusted) return;
    const isKeydown = event.type === 'keydown';
    if (isKeydown) follow();
    // The key that closed the overlay comes up here, where it was not pressed.
    if (isBack && event.type === 'keyup') event.stopImmediatePropagation();
    isBack = false;
    const key = event as KeyboardEvent;
    const isOurs = isKeydown && !key.isComposing && isHotkey(key, settings.hotkey, isMac) && !isOff(settings, topHost());
    if (held === undefined && !isOurs) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isOurs) {
      if (key.repeat) return;
      if (held === undefined) begin(key);
      else passAtOnce();
      return;
    }
    if (isKeydown && !key.ctrlKey && !key.metaKey) held = typed(held ?? '', key.key);
    // No key comes this far: this is text that came without one, as from an emoji picker.
    if (event.type === 'beforeinput') held = (held ?? '') + ((event as InputEvent).data ?? '');
  }

  // Read when the frame is first used: most never are.
  const follow = followKept({
    [SETTINGS_PLACE](kept) {
      settings = readSettings(kept);
    },
  });
  for (const type of HELD) addEventListener(type, hear, { capture: true });
  // A frame forgets what was focused in it when the focus leaves it.
  addEventListener('focus', () => {
    follow();
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
