import { isMaskedRoute } from '#shared/route.ts';
import { globMatches } from './glob.ts';

/**
 * Which routes to visit after a change: the captured one, the core ones and
 * those its files touch. A file that no glob knows means every core route,
 * which are visited anyway; one whose secrets were masked is left out.
 */
export function routesToSmoke(
  changed: readonly string[],
  captured: string | undefined,
  smoke: { core: readonly string[]; routes: Readonly<Record<string, readonly string[]>> },
): readonly string[] {
  const touched = Object.entries(smoke.routes)
    .filter(([glob]) => changed.some((path) => globMatches(glob, path)))
    .flatMap(([, routes]) => routes);
  const fromPage = captured === undefined || isMaskedRoute(captured) ? [] : [captured];
  return [...new Set([...fromPage, ...smoke.core, ...touched])];
}
