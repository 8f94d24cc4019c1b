import type { PairedDaemon } from './background/paired-daemon.ts';

type Place = Pick<PairedDaemon, 'id' | 'origins' | 'patterns'>;

export type Choice<D extends Place = Place> =
  /** `belongs`: the page is one of the daemon's own, not just the only one there is. `among`: it was picked, and any of these may be. */
  { is: 'one'; daemon: D; belongs: boolean; among?: readonly D[] } | { is: 'unclear'; daemons: readonly D[] } | { is: 'none' };

/** How a pattern may be written; shown where one is typed. */
export const PATTERN_HINT = 'For example https://staging.example.com, *.example.com or localhost:*';

const PATTERN = /^(?:(https?):\/\/)?(\*\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::(\*|\d{1,5}))?\/?\*?$/i;

/** A pattern as it is kept, or undefined when it is none. */
export function normalPattern(text: string): string | undefined {
  const match = PATTERN.exec(text.trim());
  if (!match) return undefined;
  const [, scheme, wild = '', host = '', port] = match;
  return `${scheme ? `${scheme.toLowerCase()}://` : ''}${wild}${host.toLowerCase()}${port ? `:${port}` : ''}`;
}

/** How exactly a pattern names an address: 0 not at all, more for a whole host than for a wildcard, more with scheme and port. */
function fitOf(pattern: string, url: URL): number {
  const match = PATTERN.exec(pattern);
  if (!match) return 0;
  const [, scheme, wild, host = '', port] = match;
  if (scheme !== undefined && `${scheme}:` !== url.protocol) return 0;
  const isHost = url.hostname === host;
  if (wild === undefined ? !isHost : !isHost && !url.hostname.endsWith(`.${host}`)) return 0;
  const standard = url.protocol === 'https:' ? '443' : '80';
  if (port !== undefined && port !== '*' && port !== (url.port || standard)) return 0;
  // A name without a port means the standard one, except on this machine, where every app has another.
  if (port === undefined && url.port !== '' && !isLoopback(url.hostname)) return 0;
  return (wild === undefined ? 1_000 : 0) + host.length + (scheme ? 100 : 0) + (port && port !== '*' ? 100 : 0);
}

/** Whether a pattern names an address at all. An origin is a pattern too. */
export const isNamed = (pattern: string, url: URL): boolean => fitOf(pattern, url) > 0;

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || /^127\./.test(host) || host === '[::1]';
}

/**
 * Which daemon a page belongs to: the one whose app it is, else the one whose pattern names it
 * most exactly, else what the person picked for this origin before, else the only one there is.
 */
export function chooseDaemon<D extends Place>(daemons: readonly D[], pageUrl: string, picked?: string): Choice<D> {
  const url = URL.parse(pageUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) return { is: 'none' };
  if (daemons.length === 0) return { is: 'none' };
  const own = daemons.filter(({ origins }) => origins.includes(url.origin));
  if (own.length === 1) return { is: 'one', daemon: own[0]!, belongs: true };
  const among = own.length > 1 ? own : daemons;
  const fits = among.map((daemon) => ({ daemon, fit: Math.max(0, ...daemon.patterns.map((pattern) => fitOf(pattern, url))) }));
  const best = Math.max(...fits.map((each) => each.fit));
  const named = best > 0 ? fits.filter((each) => each.fit === best).map(({ daemon }) => daemon) : own;
  if (named.length === 1) return { is: 'one', daemon: named[0]!, belongs: true };
  const possible = named.length > 0 ? named : daemons;
  const remembered = possible.find(({ id }) => id === picked);
  if (remembered) return { is: 'one', daemon: remembered, belongs: true, among: possible };
  if (named.length > 1) return { is: 'unclear', daemons: named };
  return daemons.length === 1 ? { is: 'one', daemon: daemons[0]!, belongs: false } : { is: 'unclear', daemons };
}
