import { onTabMessage } from '../ask.ts';
import { DEFAULT_SETTINGS, isHotkey, isOff, type Settings } from '../settings.ts';
import { rememberFocus } from './focus-memory.ts';
import { followSettings } from './live-settings.ts';
import { isFirstHere } from './only-once.ts';
import { openPresses } from './presses.ts';
import { openShell, type ShellBox } from './shell.ts';
import { openShield } from './shield.ts';

/**
 * The overlay of a page. At rest it is listeners and nothing else; the box is made, outside the page, when a
 * key goes down that ours may follow, and at the latest with ours, in the same task, so that the next key is
 * typed into it.
 */
export function startOverlay(): void {
  if (!isFirstHere('overlay')) return;
  const isMac = /Mac/.test(navigator.userAgent);
  // Until they are read: a key pressed that early opens, and what turns out to be off closes again.
  let settings: Settings = DEFAULT_SETTINGS;
  let box: ShellBox | undefined;
  let giveBack: (() => Element | undefined) | undefined;
  const means = openPresses();
  const isOpen = () => box?.host.isOpen() ?? false;
  const isHere = () => !isOff(settings, location.hostname);

  function made(): ShellBox {
    box ??= openShell({ shield, close, isMac });
    return box;
  }

  function open(): void {
    giveBack = rememberFocus();
    made().open();
  }

  function close(): Element | undefined {
    box?.close();
    return giveBack?.();
  }

  function toggle(): void {
    if (isOpen()) close();
    else if (isHere()) open();
  }

  /** The page gets the key after all, where its focus was. */
  function pass(event: KeyboardEvent): void {
    const focused = close();
    if (!focused) return; // the event itself goes on, as if we were not there
    swallow(event);
    const { key, code, ctrlKey, metaKey, shiftKey, altKey } = event;
    const composed = { bubbles: true, cancelable: true, composed: true };
    focused.dispatchEvent(new KeyboardEvent('keydown', { key, code, ctrlKey, metaKey, shiftKey, altKey, ...composed }));
  }

  function press(event: KeyboardEvent): boolean {
    if (!event.isTrusted || event.isComposing || !isHere()) return false;
    if (!box && (event.key === 'Control' || event.key === 'Meta')) setTimeout(made);
    if (!isHotkey(event, settings.hotkey, isMac)) return false;
    if (event.repeat) {
      if (isOpen()) swallow(event);
      return isOpen();
    }
    if (means(event.timeStamp, isOpen()) === 'pass') pass(event);
    else {
      swallow(event);
      toggle();
    }
    return true;
  }

  const shield = openShield({ guarded: () => (isOpen() ? box?.guarded : undefined), press });
  followSettings((next) => {
    settings = next;
    if (!isHere() && isOpen()) close();
  });
  onTabMessage((message) => {
    if (message.type === 'toggle') toggle();
    else if (isOpen()) box?.typed(message.text);
  });
  addEventListener('pagehide', () => box?.flush());
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}
