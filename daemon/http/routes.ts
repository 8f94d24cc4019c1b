import { API, type Door } from '#shared/api.ts';

/** Places that are answered besides the doors of the contract, and those of the page. */
const BESIDE: readonly { method: string; path: string }[] = [
  { method: 'GET', path: '/api/artifacts/{hash}' },
  { method: 'GET', path: '/api/events' },
  { method: 'GET', path: '/metrics' },
  { method: 'GET', path: '/ws' },
  ...['/', '/codex', '/codex/{rest}', '/healthz', '/readyz', '/openapi.json'].flatMap((path) => [
    { method: 'GET', path },
    { method: 'HEAD', path },
  ]),
];

const ROUTES = [...(Object.values(API) as Door[]), ...BESIDE].map(({ method, path }) => ({
  method,
  pattern: new RegExp(
    `^${path.replace(/[.]/g, '\\$&').replace(/\{(\w+)\}/g, (_whole, name: string) => (name === 'rest' ? '.*' : '[^/]+'))}$`,
  ),
}));

/** The methods that a path is answered to; none when there is nothing. */
export function methodsAt(path: string): readonly string[] {
  return [...new Set(ROUTES.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
}
