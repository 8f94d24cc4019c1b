/** How soon the key must be pressed again to be meant for the page. */
export const AGAIN_MS = 500;

/** A press of a key, as it can be told on. */
export type Press = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

/** The same press once more, for a page that is to have it after all. */
export function copyOfPress({ key, code, ctrlKey, metaKey, shiftKey, altKey }: Press): KeyboardEvent {
  const modifiers = { ctrlKey, metaKey, shiftKey, altKey };
  return new KeyboardEvent('keydown', { key, code, ...modifiers, bubbles: true, cancelable: true, composed: true });
}

/** What a press of the key does. */
export type PressMeans = 'open' | 'close' | 'pass';

/**
 * Tells what each press of the key means: it opens or closes, and a second one shortly after an
 * opening press is the page's. Held down it repeats, which is none of these.
 */
export function openPresses(): (at: number, isOpen: boolean) => PressMeans {
  let openedAt = Number.NEGATIVE_INFINITY;
  return (at, isOpen) => {
    if (!isOpen) {
      openedAt = at;
      return 'open';
    }
    const isAgain = at - openedAt <= AGAIN_MS;
    openedAt = Number.NEGATIVE_INFINITY;
    return isAgain ? 'pass' : 'close';
  };
}
