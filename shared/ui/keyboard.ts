import { useLayoutEffect, useRef } from 'preact/hooks';

/** The person's keyboard has ⌘ where others have Ctrl. */
export const MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '');

/** A key and what it does; `words` stands in the list that `?` shows. */
export interface Shortcut {
  key: string;
  words: string;
  /** Left out of the list: another key of the same meaning. */
  silent?: true;
  /** Whether it is meant now; without it, always. */
  when?: () => boolean;
  run(): void;
}

const shown = new Map<object, readonly Shortcut[]>();

/** Every shortcut that works now, in the order the screens named them. */
export function currentShortcuts(): readonly Shortcut[] {
  const seen = new Set<string>();
  return [...shown.values()].flat().filter((shortcut) => !shortcut.silent && !seen.has(shortcut.key) && seen.add(shortcut.key));
}

/** Whether a key press belongs to what is being typed or to the browser, not to us. */
export function isForUs(
  event: Pick<KeyboardEvent, 'key' | 'isComposing' | 'keyCode' | 'metaKey' | 'ctrlKey' | 'altKey' | 'target'>,
): boolean {
  if (event.isComposing || event.keyCode === 229 || event.metaKey || event.ctrlKey || event.altKey) return false;
  const target = event.target as { tagName?: string; type?: string; isContentEditable?: boolean } | null;
  // Nothing can be typed into these; what the browser does with a key there it does.
  if (target?.tagName === 'INPUT' && /^(radio|checkbox|button)$/.test(target.type ?? '')) return !/^( |Arrow.*)$/.test(event.key);
  return !(target?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target?.tagName ?? ''));
}

/** Whether a key press in a field of several lines sends it: Ctrl+Enter, on a Mac ⌘+Enter, and not the end of a composition. */
export function sendsOnEnter(event: Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey' | 'isComposing' | 'keyCode'>): boolean {
  return event.key === 'Enter' && (MAC ? event.metaKey : event.ctrlKey) && !event.isComposing && event.keyCode !== 229;
}

/** Keys of a part of the page, while it is shown. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const current = useRef(shortcuts);
  current.current = shortcuts;
  const owner = useRef({});
  shown.set(owner.current, shortcuts);
  // At once and not after the next paint: a key pressed in between would still mean what is gone.
  useLayoutEffect(() => {
    shown.set(owner.current, current.current);
    const press = (event: KeyboardEvent) => {
      if (!isForUs(event) || event.defaultPrevented || document.querySelector('dialog[open]')) return;
      const shortcut = current.current.find(({ key, when }) => key === event.key && (when?.() ?? true));
      if (!shortcut) return;
      event.preventDefault();
      shortcut.run();
    };
    addEventListener('keydown', press);
    return () => {
      removeEventListener('keydown', press);
      shown.delete(owner.current);
    };
  }, []);
}
