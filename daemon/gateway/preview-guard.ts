import type { IncomingHttpHeaders } from 'node:http';

/**
 * Why a request to a preview is refused, or undefined. A preview is a
 * development server: no other site may call it, include its sources or open a
 * WebSocket to it; a link that leads to it is welcome. Nor may it leave in the
 * browser what outlives it.
 */
export function refusalOf(headers: IncomingHttpHeaders, ownOrigin: string): string | undefined {
  const site = headers['sec-fetch-site'];
  const origin = headers.origin;
  // A same-origin form under `Referrer-Policy: no-referrer` says "null"; only the browser's own word tells it from a stranger.
  const own = origin === undefined || origin === ownOrigin || (origin === 'null' && (site === 'same-origin' || site === 'none'));
  if (!own) return 'this preview answers no other origin';
  if (site === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate') return 'this preview cannot be included by another site';
  // One that stays answers every page at this name by itself, those of the next run too, which then is never seen.
  if (headers['service-worker'] !== undefined || headers['sec-fetch-dest'] === 'serviceworker')
    return 'a preview installs no service worker, because the next run has this address';
  return undefined;
}
