/**
 * What a person may set, kept in `storage.local` where content scripts read it by themselves at
 * the start of each page without waking the background. It holds nothing secret: pairings are
 * kept elsewhere (`shelves.ts`), out of any content script's reach.
 */
export interface Settings {
  /** `key` as `KeyboardEvent.key` in lower case; `mod` is Cmd on a Mac and Ctrl elsewhere. `undefined`: switched off. */
  hotkey: Hotkey | undefined;
  /** Host names where neither key nor overlay is there. */
  offSites: readonly string[];
  /** Each press of the key takes a picture of the page before the overlay shows. */
  pictureFirst: boolean;
}

export interface Hotkey {
  mod: boolean;
  shift: boolean;
  alt: boolean;
  key: string;
}

/** The name in `storage.local`. */
export const SETTINGS_PLACE = 'settings';

export const DEFAULT_SETTINGS: Settings = { hotkey: { mod: true, shift: false, alt: false, key: 'k' }, offSites: [], pictureFirst: false };

/** What was kept, whatever an older or newer version made of it. */
export function readSettings(kept: unknown): Settings {
  const { hotkey, offSites, pictureFirst } = (typeof kept === 'object' && kept !== null ? kept : {}) as Partial<
    Record<keyof Settings, unknown>
  >;
  return {
    hotkey: hotkey === null ? undefined : (readHotkey(hotkey) ?? DEFAULT_SETTINGS.hotkey),
    offSites: Array.isArray(offSites) ? offSites.filter((site) => typeof site === 'string') : [],
    pictureFirst: pictureFirst === true,
  };
}

/** As it is kept: `null` says switched off, which is not the same as never set. */
export function writeSettings({ hotkey, offSites, pictureFirst }: Settings): unknown {
  return { hotkey: hotkey ?? null, offSites, pictureFirst };
}

function readHotkey(kept: unknown): Hotkey | undefined {
  const { mod, shift, alt, key } = (kept ?? {}) as Partial<Hotkey>;
  return typeof key === 'string' && key.length > 0 && (mod === true || alt === true)
    ? { mod: mod === true, shift: shift === true, alt: alt === true, key: key.toLowerCase() }
    : undefined;
}

/** Whether this key press is the hotkey, exactly: no other modifier may be held. */
export function isHotkey(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>,
  hotkey: Hotkey | undefined,
  isMac: boolean,
): boolean {
  if (hotkey === undefined || event.key.toLowerCase() !== hotkey.key) return false;
  const [mod, other] = isMac ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey];
  return mod === hotkey.mod && !other && event.shiftKey === hotkey.shift && event.altKey === hotkey.alt;
}

/** Whether the overlay is off on this host. */
export function isOff(settings: Settings, host: string): boolean {
  return settings.offSites.includes(host);
}
