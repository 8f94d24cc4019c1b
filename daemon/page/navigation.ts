import { openObservable } from '#shared/observable.ts';
import { parseRoute, pathOf, type Route } from './route.ts';

/** Where the page is; follows the address bar. */
export const route = openObservable<Route>(parseRoute(globalThis.location?.pathname ?? '/codex'));

/** Follows back and forward; the answer ends it. */
export function followHistory(): () => void {
  const follow = () => route.set(parseRoute(location.pathname));
  addEventListener('popstate', follow);
  return () => removeEventListener('popstate', follow);
}

/** Goes somewhere. Changing the tab of the same run replaces the entry, so that "back" leaves the run. */
export function goTo(next: Route): void {
  const now = route.get();
  const path = pathOf(next);
  const sameRun = now.screen === 'run' && next.screen === 'run' && now.id === next.id;
  if (sameRun) history.replaceState(null, '', path);
  else if (path !== location.pathname) history.pushState(null, '', path);
  route.set(next);
  if (!sameRun) scrollTo(0, 0);
}

/** For `onClick` of a link to a route: goes there without a reload, unless a new tab or window was asked for. */
export function followLink(next: Route): (event: MouseEvent) => void {
  return (event) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(next);
  };
}
