/** What a Host header stands for. */
export type Place = { kind: 'production'; host: string } | { kind: 'preview'; host: string };

export interface HostRules {
  /** Name of the production host without port, for example `app.localhost`. */
  appHost: string;
  previewHosts: readonly string[];
  /** Our own port. */
  port: number;
  /** Names end in `.localhost`: nothing may stand in front of us, so a Host with another port is refused. */
  local: boolean;
}

/** Judges the Host header against the names we serve, letter for letter; undefined for every other name. */
export function placeOf(header: string | undefined, rules: HostRules): Place | undefined {
  const match = /^([a-z0-9.-]{1,253})(?::(\d{1,5}))?$/.exec((header ?? '').toLowerCase());
  if (!match) return undefined;
  const [, host, port] = match;
  if (rules.local && port !== undefined && Number(port) !== rules.port) return undefined;
  if (host === rules.appHost) return { kind: 'production', host };
  return rules.previewHosts.includes(host!) ? { kind: 'preview', host: host! } : undefined;
}
