/** Flat name, value, name, value … as in `rawHeaders`: keeps case, order and repetition. */
export type RawHeaders = readonly string[];

const HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade']);
const FRAMING = new Set(['host', 'content-length', 'transfer-encoding']);

export interface Hop {
  preview: boolean;
  /** The Host header as the browser sent it. */
  authority: string;
  scheme: 'http' | 'https';
  /** Address of the client; empty when its socket is already gone. */
  remote: string;
}

/** Headers for the program behind us: hop-by-hop and forged forwarding headers out, ours in, and for previews nothing that is meant for somebody else. */
export function requestHeaders(raw: RawHeaders, hop: Hop): string[] {
  const listed = connectionTokens(raw);
  const out: string[] = [];
  for (const [name, value] of pairs(raw)) {
    const key = name.toLowerCase();
    if (HOP.has(key) || key === 'expect' || (listed.has(key) && !FRAMING.has(key)) || isForwarding(key)) continue;
    if (hop.preview && key === 'authorization') continue;
    if (hop.preview && key === 'cookie') {
      const kept = withoutOurCookies(value);
      if (kept !== '') out.push(name, kept);
      continue;
    }
    out.push(name, value);
  }
  out.push('x-forwarded-for', hop.remote, 'x-forwarded-host', hop.authority, 'x-forwarded-proto', hop.scheme);
  return out;
}

/** What says how long an answer may be kept. */
const KEEPING = new Set(['cache-control', 'expires', 'pragma']);

/**
 * Headers for the browser. A preview opens itself to no other origin and sets no cookie for a parent domain, and nothing of it
 * is kept: the browser would show it for the next run, which has the same address, without asking.
 */
export function responseHeaders(raw: RawHeaders, hop: Hop): string[] {
  const listed = connectionTokens(raw);
  const own = `${hop.scheme}://${hop.authority}`.toLowerCase();
  const closed =
    hop.preview && !pairs(raw).every(([name, value]) => name.toLowerCase() !== 'access-control-allow-origin' || value.trim() === own);
  const out: string[] = [];
  for (const [name, value] of pairs(raw)) {
    const key = name.toLowerCase();
    if (HOP.has(key) || key === 'transfer-encoding' || (listed.has(key) && !FRAMING.has(key))) continue;
    if (closed && key.startsWith('access-control-allow-')) continue;
    if (hop.preview && KEEPING.has(key)) continue;
    out.push(name, hop.preview && key === 'set-cookie' ? value.replace(/;\s*domain\s*=[^;]*/gi, '') : value);
  }
  if (hop.preview) out.push('cache-control', 'no-store');
  return out;
}

/** The headers that answer an accepted upgrade, for writing to the socket. */
export function upgradeHead(raw: RawHeaders): string {
  const kept = pairs(raw).filter(([name]) => name.toLowerCase() === 'upgrade' || !HOP.has(name.toLowerCase()));
  return ['HTTP/1.1 101 Switching Protocols', 'connection: Upgrade', ...kept.map(([name, value]) => `${name}: ${value}`), '', ''].join(
    '\r\n',
  );
}

/** How often a header was sent; more than one Host is an attack. */
export function countOf(raw: RawHeaders, key: string): number {
  return pairs(raw).filter(([name]) => name.toLowerCase() === key).length;
}

function pairs(raw: RawHeaders): [string, string][] {
  const out: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) out.push([raw[i]!, raw[i + 1]!]);
  return out;
}

function connectionTokens(raw: RawHeaders): Set<string> {
  const values = pairs(raw).filter(([name]) => name.toLowerCase() === 'connection');
  return new Set(values.flatMap(([, value]) => value.split(',').map((token) => token.trim().toLowerCase())));
}

/** With `_` for `-` too: CGI-like servers cannot tell the two apart. */
function isForwarding(key: string): boolean {
  const name = key.replaceAll('_', '-');
  return name === 'forwarded' || name === 'proxy' || name === 'x-real-ip' || name.startsWith('x-forwarded-') || name.startsWith('proxy-');
}

function withoutOurCookies(value: string): string {
  const cookies = value.split(';').map((cookie) => cookie.trim());
  return cookies.filter((cookie) => cookie !== '' && !/^(__host-|__secure-)?codex/i.test(cookie)).join('; ');
}
