export const RUN_TABS = ['overview', 'diff', 'checks', 'commands', 'log', 'timeline', 'brief'] as const;
export type RunTab = (typeof RUN_TABS)[number];

/** Where in the page a person is. */
export type Route =
  | { screen: 'runs' }
  | { screen: 'run'; id: string; tab: RunTab }
  | { screen: 'slots' }
  | { screen: 'releases' }
  | { screen: 'settings' }
  | { screen: 'nowhere'; path: string };

/** Reads a path below `/codex`. An unknown tab is the overview; an unknown path is said to be one. */
export function parseRoute(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts[0] !== 'codex') return { screen: 'nowhere', path };
  const [, first, id, tab, ...rest] = parts;
  if (first === undefined) return { screen: 'runs' };
  if (first === 'runs' && id === undefined) return { screen: 'runs' };
  if (first === 'runs' && rest.length === 0 && /^run_[0-9a-z]{26}$/.test(id!)) {
    return { screen: 'run', id: id!, tab: RUN_TABS.find((known) => known === tab) ?? 'overview' };
  }
  if (id === undefined && (first === 'slots' || first === 'releases' || first === 'settings')) return { screen: first };
  return { screen: 'nowhere', path };
}

/** The path of a route. */
export function pathOf(route: Route): string {
  switch (route.screen) {
    case 'runs':
      return '/codex';
    case 'run':
      return `/codex/runs/${route.id}${route.tab === 'overview' ? '' : `/${route.tab}`}`;
    case 'nowhere':
      return route.path;
    default:
      return `/codex/${route.screen}`;
  }
}
