import type { AppView } from './app-view.ts';
import { sourcesOf } from './contents.ts';

/** The address that tells whether the app is well, and why this one. */
export interface FoundHealth {
  path: string;
  said: string;
  /** One that was seen and not taken. */
  note?: string;
}

const NAME = String.raw`\/(?:api\/)?(?:_health|healthz|health|health-?check|livez|up)`;
/** Better ones first. */
const ORDER = ['/healthz', '/health', '/api/health', '/api/healthz'];

/** Where a framework keeps its routes as files, and what address such a file has. */
const FILE_ROUTES: readonly { pattern: RegExp; prefix: string }[] = [
  { pattern: /^(?:src\/)?app((?:\/[\w-]+)*)\/route\.[jt]sx?$/, prefix: '' }, // Next.js, app router
  { pattern: /^(?:src\/)?pages(\/api(?:\/[\w-]+)+)\.[jt]sx?$/, prefix: '' }, // Next.js, pages
  { pattern: /^src\/routes((?:\/[\w-]+)*)\/\+server\.[jt]s$/, prefix: '' }, // SvelteKit
  { pattern: /^server\/api((?:\/[\w-]+)+?)(?:\.get)?\.[jt]s$/, prefix: '/api' }, // Nuxt
  { pattern: /^server\/routes((?:\/[\w-]+)+?)(?:\.get)?\.[jt]s$/, prefix: '' }, // Nuxt, Nitro
  { pattern: /^src\/pages((?:\/[\w-]+)+)\.(?:[jt]s|astro)$/, prefix: '' }, // Astro
  { pattern: /^app\/routes((?:\/[\w-]+)+)\.[jt]sx?$/, prefix: '' }, // React Router, Remix
];

/** Routes that are mounted where they say: on the server itself, or held against the address of the request. */
const IN_SOURCE = [
  new RegExp(String.raw`\b(?:app|server|fastify|web|site|http)\s*\.\s*(?:get|all|use|route|head)\(\s*['"\`](${NAME})['"\`]`, 'g'),
  new RegExp(String.raw`@app\.(?:get|route)\(\s*['"](${NAME})['"]`, 'g'),
  new RegExp(String.raw`(?:===?|\bcase)\s*['"\`](${NAME})['"\`]`, 'g'),
  new RegExp(String.raw`['"\`](${NAME})['"\`]\s*(?:===?|:\s*(?:async\s*)?(?:\(|function))`, 'g'),
  new RegExp(String.raw`\burl\s*:\s*['"\`](${NAME})['"\`]`, 'g'),
];
/** On a router, which may be mounted anywhere. */
const ON_ROUTER = new RegExp(String.raw`\b\w*[rR]out(?:er|es)\w*\s*\.\s*(?:get|all|use)\(\s*['"\`](${NAME})['"\`]`);

/** Looks for a health route; `/` when there is none that is sure. */
export function findHealth(app: AppView, isStatic: boolean): FoundHealth {
  if (isStatic) return { path: '/', said: 'Files have no health route; / answers when they are served.' };
  const found = [...inFiles(app), ...inSources(app)].sort((a, b) => rank(a.path) - rank(b.path));
  if (found[0] !== undefined) return found[0];
  const unsure = sourcesOf(app).find((path) => ON_ROUTER.test(app.read(path) ?? ''));
  return {
    path: '/',
    said: 'No health route was found. / must answer 2xx; a redirect does not count for a release.',
    ...(unsure === undefined
      ? {}
      : {
          note: `${unsure} has ${ON_ROUTER.exec(app.read(unsure)!)![1]} on a router; if you know where it is mounted, that address is better.`,
        }),
  };
}

function inFiles(app: AppView): readonly FoundHealth[] {
  const health = new RegExp(`^${NAME}$`);
  return app.files.flatMap((path) =>
    FILE_ROUTES.flatMap(({ pattern, prefix }) => {
      const match = pattern.exec(path);
      const address = match === null ? '' : `${prefix}${match[1]}`;
      return health.test(address) ? [{ path: address, said: `from ${path}` }] : [];
    }),
  );
}

function inSources(app: AppView): readonly FoundHealth[] {
  const rails = /get\s+['"]up['"]\s*=>\s*['"]rails\/health#show['"]/.test(app.read('config/routes.rb') ?? '');
  return [
    ...(rails ? [{ path: '/up', said: 'from config/routes.rb' }] : []),
    ...sourcesOf(app).flatMap((path) => {
      const text = app.read(path) ?? '';
      return IN_SOURCE.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => ({ path: match[1]!, said: `from ${path}` })));
    }),
  ];
}

function rank(path: string): number {
  const at = ORDER.indexOf(path);
  return at === -1 ? ORDER.length : at;
}
