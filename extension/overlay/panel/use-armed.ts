import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Guard, openGuard } from '#shared/ui/armed.ts';
import type { Shell } from '../contract.ts';

/** Tells also whether something lies over it; not every browser has it. */
interface SightOptions extends IntersectionObserverInit {
  trackVisibility: boolean;
  delay: number;
}
interface Sight extends IntersectionObserverEntry {
  isVisible?: boolean;
}

/**
 * Whether this browser tells when a page's own things lie over ours; Firefox does not. Without that no press on a page can be
 * taken for a decision: a picture that lets the pointer through may cover the button and say something else.
 */
export const seesCovers = () => 'isVisible' in IntersectionObserverEntry.prototype;

/** What a page can do to lie above the top layer or in it. */
const OVER_US = ['beforetoggle', 'toggle', 'fullscreenchange'] as const;
/** A page's own change of view is painted above everything, this dialog included. */
const CHANGING = ':active-view-transition';

/**
 * The guard of a decision on a page that may be hostile: it takes a person's press only, and only
 * after it has been whole and uncovered in sight for a moment, with nothing having come above it since.
 */
export function useArmed(about: string, shell: Shell) {
  const place = useRef<HTMLDivElement>(null);
  const guard = useRef<Guard | undefined>(undefined);
  const [isArmed, setArmed] = useState(false);
  const [isTooEarly, setTooEarly] = useState(false);

  // Before the new decision is painted: the old one's arming must not let a press through to it.
  useLayoutEffect(() => {
    setArmed(false);
    setTooEarly(false);
    const element = place.current;
    if (!element) return undefined;
    const stop = new AbortController();
    const own = openGuard(
      {
        after(delayMs, then) {
          const timer = setTimeout(then, delayMs);
          return () => clearTimeout(timer);
        },
        changed(now) {
          setArmed(now);
          if (now) setTooEarly(false);
        },
      },
      document.visibilityState === 'visible',
    );
    guard.current = own;
    let isInSight = false;
    const options: SightOptions = { trackVisibility: true, delay: 100, threshold: [0, 0.5, 0.98, 1] };
    const observer = new IntersectionObserver((entries) => {
      const entry: Sight = entries.at(-1)!;
      isInSight = entry.intersectionRatio > 0.98 && entry.isVisible === true;
      own.sight(isInSight);
    }, options);
    observer.observe(element);
    const again = (event: Event) => {
      if (event.target === shell.shadow.host) return;
      own.sight(false);
      own.sight(isInSight);
    };
    for (const type of OVER_US) addEventListener(type, again, { capture: true, signal: stop.signal });
    document.addEventListener('visibilitychange', () => own.front(document.visibilityState === 'visible'), { signal: stop.signal });
    return () => {
      own.end();
      guard.current = undefined;
      observer.disconnect();
      stop.abort();
    };
  }, [about]);

  return {
    place,
    isArmed,
    /** A person pressed before it was armed, and should be told why nothing happened. */
    isTooEarly,
    allows(event: Event): boolean {
      if (!shell.isReal(event)) return false;
      const isCovered = CSS.supports(`selector(${CHANGING})`) && document.documentElement.matches(CHANGING);
      const isAllowed = !isCovered && (guard.current?.armed() ?? false);
      setTooEarly(!isAllowed);
      return isAllowed;
    },
  };
}
