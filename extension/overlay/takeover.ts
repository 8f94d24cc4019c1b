import { isGone } from '../ask.ts';

/**
 * Under this name `storage.local` keeps the name of the event by which our scripts of two versions
 * meet in one page. It is made by chance once per browser and no page can read it, so none can take part.
 */
export const MEETING_PLACE = 'meeting';

/** What a script of the version before had open when it was replaced. */
export interface LastWords {
  isOpen: boolean;
  text: string;
}

export interface TakeoverParts {
  /** The extension was updated under this script: it lets go of the page, for good. */
  letGo(): LastWords;
  /** Goes on where the script of the version before had to stop. */
  goOn(words: LastWords): void;
}

/**
 * After an update the scripts of both versions are in a page, in worlds of their own. The new one says
 * that it is there; the old one, once its extension is gone, hands over what was written and lets go.
 */
export function meetAt(name: string, { letGo, goOn }: TakeoverParts): void {
  let isReplaced = false;
  addEventListener(name, (event) => {
    const said: unknown = (event as CustomEvent<unknown>).detail;
    if (said === 'here' && isGone() && !isReplaced) {
      isReplaced = true;
      dispatchEvent(new CustomEvent(name, { detail: letGo() }));
    } else if (isLastWords(said) && !isGone()) {
      // Not in the event's own time: a page that could look at it then would read its name.
      queueMicrotask(() => goOn(said));
    }
  });
  dispatchEvent(new CustomEvent(name, { detail: 'here' }));
}

function isLastWords(said: unknown): said is LastWords {
  const { isOpen, text } = (said ?? {}) as Partial<LastWords>;
  return typeof isOpen === 'boolean' && typeof text === 'string';
}

/** Whether this is the first time that a script of this name runs in its world: it may have been put here twice. */
export function isFirst(script: string): boolean {
  const world = globalThis as { codexBuilderScripts?: Set<string> };
  world.codexBuilderScripts ??= new Set();
  if (world.codexBuilderScripts.has(script)) return false;
  world.codexBuilderScripts.add(script);
  return true;
}
