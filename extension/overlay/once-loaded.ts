/** A page that is never done with loading is not waited for longer. */
const AT_THE_LATEST_MS = 1_000;

/** Calls when the page has loaded, so that none loads later for it; once or twice. */
export function onceLoaded(then: () => void): void {
  if (document.readyState === 'complete') {
    then();
    return;
  }
  // A task later: what the page itself does then comes first.
  addEventListener('load', () => setTimeout(then));
  setTimeout(then, AT_THE_LATEST_MS);
}
