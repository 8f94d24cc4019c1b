/** How soon the key must be pressed again to be meant for the page. */
export const AGAIN_MS = 500;

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
