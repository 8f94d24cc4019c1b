import { isNamed } from './choose-daemon.ts';

/**
 * Under this name `storage.local` keeps where runs may be about pages: the apps of paired daemons, what
 * else the person said belongs to them, and where something was asked for. Pages look there by themselves.
 */
export const PLACES_PLACE = 'places';

interface Sources {
  daemons: readonly { origins: readonly string[]; patterns: readonly string[] }[];
  asked: readonly { origin: string }[];
  picked: Iterable<string>;
}

/** Each once and in a steady order, so that the same places are the same text. */
export function ownPlaces({ daemons, asked, picked }: Sources): readonly string[] {
  const all = [...daemons.flatMap(({ origins, patterns }) => [...origins, ...patterns]), ...asked.map(({ origin }) => origin), ...picked];
  return [...new Set(all)].sort();
}

/** What was kept, whatever another version made of it. */
export function readPlaces(kept: unknown): readonly string[] {
  return Array.isArray(kept) ? kept.filter((place) => typeof place === 'string') : [];
}

/** Whether runs may be about a page at this address. */
export function isOwnPlace(places: readonly string[], pageUrl: string): boolean {
  const url = URL.parse(pageUrl);
  return url !== null && places.some((place) => isNamed(place, url));
}
