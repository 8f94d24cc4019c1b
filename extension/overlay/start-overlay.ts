import { ask, isGone, onTabMessage } from '../ask.ts';
import { isOwnPlace, PLACES_PLACE, readPlaces } from '../own-places.ts';
import { DEFAULT_SETTINGS, isHotkey, isOff, readSettings, SETTINGS_PLACE, type Settings } from '../settings.ts';
import { rememberFocus } from './focus-memory.ts';
import { followKept } from './follow-kept.ts';
import { onceLoaded } from './once-loaded.ts';
import { copyOfPress, openPresses } from './presses.ts';
import { openShell, type ShellBox } from './shell.ts';
import { openShield } from './shield.ts';
import { isFirst, type LastWords, MEETING_PLACE, meetAt } from './takeover.ts';
import { openWhereabouts } from './whereabouts.ts';

/**
 * The overlay of a page. At rest it is listeners and nothing else; the box is made, outside the page, when a
 * key goes down that ours may follow, and at the latest with ours, in the same task, so that the next key is
 * typed into it.
 */
export function startOverlay(): void {
  if (!isFirst('overlay')) return;
  const isMac = /Mac/.test(navigator.userAgent);
  // Until they are read: a key pressed that early opens, and what turns out to be off closes again.
  let settings: Settings = DEFAULT_SETTINGS;
  let places: readonly string[] = [];
  let box: ShellBox | undefined;
  let giveBack: (() => Element | undefined) | undefined;
  /** The frame whose key opened it. */
  let opener: number | undefined;
  const means = openPresses();
  const isOpen = () => box?.host.isOpen() ?? false;
  const isHere = () => !isOff(settings, location.hostname);

  function made(): ShellBox {
    box ??= openShell({ shield, close, isMac });
    return box;
  }

  function open(text?: string): void {
    const how = text === undefined ? { pictureFirst: settings.pictureFirst } : { text };
    opener = undefined;
    giveBack = rememberFocus();
    made().open(how);
    whereabouts.watch();
  }

  function close(): Element | undefined {
    box?.close();
    return giveBack?.();
  }

  function toggle(): void {
    if (isOpen()) close();
    else if (isHere()) open();
  }

  /** The key was pressed in a frame: a second press comes to us, since we have the focus by then. */
  function toggleFrom(frameId: number): void {
    if (!isOpen()) means(performance.now(), false);
    toggle();
    opener = frameId;
  }

  /** The page gets the key after all, where its focus was. */
  function pass(event: KeyboardEvent): void {
    const focused = close();
    if (!focused && opener === undefined) return; // the event itself goes on, as if we were not there
    swallow(event);
    if (opener !== undefined) void ask('pass_key', { frameId: opener });
    else focused?.dispatchEvent(copyOfPress(event));
  }

  function press(event: KeyboardEvent): boolean {
    if (!event.isTrusted || event.isComposing) return false;
    follow();
    if (!isHere()) return false;
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

  /** The script of the next version is here. What stands in the box goes over to it. */
  function letGo(): LastWords {
    const words = { isOpen: isOpen(), text: box?.text() ?? '' };
    if (words.isOpen) box?.close();
    shield.end();
    return words;
  }

  // While it is open it stays, whatever became of the extension: nobody types into a page by surprise.
  const isOver = () => !isOpen() && isGone();
  const shield = openShield({ guarded: () => (isOpen() ? box?.guarded : undefined), press, isOver });
  const whereabouts = openWhereabouts(() => isOpen() || isOwnPlace(places, location.href));
  const follow = followKept({
    [SETTINGS_PLACE](kept) {
      settings = readSettings(kept);
      if (!isHere() && isOpen()) close();
    },
    [PLACES_PLACE](kept) {
      places = readPlaces(kept);
      whereabouts.judge();
    },
    // Named once per browser, for good.
    [MEETING_PLACE](name) {
      if (typeof name === 'string') meetAt(name, { letGo, goOn: ({ isOpen: wasOpen, text }) => wasOpen && !isOpen() && open(text) });
    },
  });
  onceLoaded(follow);
  onTabMessage((message) => {
    if (message.type === 'toggle') message.frameId === undefined ? toggle() : toggleFrom(message.frameId);
    if (message.type === 'typed' && isOpen()) box?.typed(message.text);
  });
  addEventListener('pagehide', () => box?.flush());
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}
