import { tell } from '../ask.ts';

/** An app may change its address with every step that is scrolled. */
const GATHER_MS = 100;

export interface Whereabouts {
  /** Whether it is wanted may have changed. */
  judge(): void;
  /** From now on moves may be wanted. */
  watch(): void;
}

/**
 * Tells the background that this page is here or moved on without a load, but only while `isWanted`:
 * the browser itself would wake it for every page of every tab. A page that nobody wants to hear of is not even watched.
 */
export function openWhereabouts(isWanted: () => boolean): Whereabouts {
  let told = '';
  let isDue = false;
  let isWatching = false;

  function tellHere(loads: boolean): void {
    if (!isWanted()) return;
    // Made ready before anybody went there: until then it is in no tab.
    if ((document as { prerendering?: boolean }).prerendering) {
      document.addEventListener('prerenderingchange', () => tellHere(loads), { once: true });
      return;
    }
    told = location.href;
    tell('here', { loads });
  }

  function moved(): void {
    if (isDue || location.href === told || !isWanted()) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      if (location.href !== told) tellHere(false);
    }, GATHER_MS);
  }

  function watch(): void {
    if (isWatching) return;
    isWatching = true;
    const { navigation } = globalThis as { navigation?: EventTarget };
    // A browser without it tells nobody of `pushState`; but an app that moves on changes its page.
    if (navigation) navigation.addEventListener('currententrychange', moved);
    else new MutationObserver(moved).observe(document, { childList: true, subtree: true });
    // Shown again as it was left: the browser has taken its badge away.
    addEventListener('pageshow', ({ persisted }) => persisted && tellHere(true));
  }

  return {
    judge() {
      if (!isWanted()) return;
      watch();
      if (told === '') tellHere(true);
    },
    watch,
  };
}
