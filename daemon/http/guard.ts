import { API, PROTOCOL } from '#shared/api.ts';
import type { HttpLimits } from './limits.ts';
import { noRoute, type Refusal, refusal } from './problem.ts';
import { tooLarge } from './read-body.ts';

/** A request as it came off the wire, before anything interpreted it. */
export interface RawRequest {
  kind: 'http' | 'upgrade';
  method: string;
  url: string;
  rawHeaders: readonly string[];
}

/** What part of the daemon a path belongs to; `none` is answered 404. */
export type Surface = 'page' | 'open' | 'metrics' | 'api' | 'socket' | 'none';

/** A request that came from where it may come from. Who sent it is not yet known. */
export interface Admitted {
  method: string;
  path: string;
  search: string;
  surface: Surface;
  /** The page's or an extension's. */
  origin?: string;
  /** A mutation that no browser sent: only the command line and scripts may, which `identify` holds them to. */
  originless: boolean;
  header(name: string): string | undefined;
}

export type Verdict = { admitted: Admitted } | { redirect: string } | { refused: Refusal };

export interface GuardOptions {
  port: number;
  limits: Pick<HttpLimits, 'bodyBytes' | 'artifactBytes'>;
  /** Exact: whether an extension was paired from this origin. */
  isKnownOrigin(origin: string): boolean;
}

/** Headers that decide something; two of one would let two readers see two requests. */
const SINGLE = [
  'host',
  'origin',
  'authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'idempotency-key',
  'last-event-id',
  'sec-fetch-site',
  'sec-websocket-key',
  'traceparent',
  'x-codex-builder-protocol',
];
/** PATCH is nobody's method here, but whoever tries it is told which is. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Paths that mean something else to a second reader: dot segments, empty segments, encoded separators, double encoding. */
const UNCLEAN_PATH = /\/\/|\\|(^|\/)\.\.?(\/|$)|%(00|25|2e|2f|5c)/i;
const HOST_CHARACTERS = /^[A-Za-z0-9.:[\]-]+$/;
const EXTENSION_ORIGIN =
  /^(chrome-extension:\/\/[a-p]{32}|moz-extension:\/\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** The page's own origin; browsers leave the default port out. */
export function pageOrigin(port: number): string {
  return port === 80 ? 'http://127.0.0.1' : `http://127.0.0.1:${port}`;
}

/** Whether an origin may pair as this kind of device: the page from the page's origin, an extension from an extension's. */
export function mayPairFrom(origin: string | undefined, kind: string, port: number): boolean {
  if (origin === undefined) return false;
  return kind === 'extension' ? EXTENSION_ORIGIN.test(origin) : origin === pageOrigin(port);
}

function surfaceOf(path: string): Surface {
  if (path === '/' || path === '/codex' || path.startsWith('/codex/')) return 'page';
  if (path === '/healthz' || path === '/readyz' || path === '/openapi.json') return 'open';
  if (path === '/metrics') return 'metrics';
  if (path === '/ws') return 'socket';
  return path.startsWith('/api/') ? 'api' : 'none';
}

/**
 * The one gate of HTTP requests and upgrades, asked before anything is routed
 * or read. It judges where a request comes from, in this order: its form, Host,
 * path, Origin, Sec-Fetch-Site, protocol version, content type, announced length.
 */
export function createGuard({ port, limits, isKnownOrigin }: GuardOptions): (request: RawRequest) => Verdict {
  const page = pageOrigin(port);
  const host = page.slice('http://'.length);

  return ({ kind, method, url, rawHeaders }) => {
    const headers = new Map<string, string>();
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]!.toLowerCase();
      if (headers.has(name) && SINGLE.includes(name)) return refuse('bad_request', `The header ${name} may be sent once.`);
      headers.set(name, rawHeaders[i + 1]!);
    }
    if (!url.startsWith('/')) return refuse('bad_request', 'The request line must name a path, not a whole URL.');
    const [path = '', ...rest] = url.split('?');
    const search = rest.join('?');
    const surface = surfaceOf(path);

    const asked = headers.get('host') ?? '';
    if (!HOST_CHARACTERS.test(asked)) return refuse('bad_request', 'The Host header is missing or is no host.');
    const origin = headers.get('origin');
    if (asked !== host) {
      const typed = kind === 'http' && (method === 'GET' || method === 'HEAD') && surface === 'page' && origin === undefined;
      if (typed && asked === host.replace('127.0.0.1', 'localhost') && !UNCLEAN_PATH.test(path)) return { redirect: page + path };
      return refuse('forbidden', `This daemon answers for ${host} only.`);
    }
    if (!METHODS.has(method)) return refuse('forbidden', `${method} is not used here.`);
    if (UNCLEAN_PATH.test(path)) return refuse('not_found', 'There is nothing here.');
    if (method === 'HEAD' && surface !== 'page' && surface !== 'open') return { refused: noRoute(method, path) };

    const mutation = method !== 'GET' && method !== 'HEAD';
    if (origin !== undefined) {
      const extension = EXTENSION_ORIGIN.test(origin);
      const pairing = extension && method === API.pair.method && path === API.pair.path;
      if (origin !== page && !pairing && !(extension && isKnownOrigin(origin))) {
        return refuse('forbidden', 'This origin is not paired with the daemon.');
      }
    } else if (kind === 'upgrade') {
      return refuse('forbidden', 'A socket needs an Origin.');
    } else if (mutation) {
      const browser = [...headers.keys()].some((name) => name.startsWith('sec-fetch-'));
      if (browser || !headers.has('authorization')) {
        return refuse('forbidden', 'A change needs an Origin, or a token of the command line and no browser.');
      }
    }

    const site = headers.get('sec-fetch-site');
    if (kind === 'http' && site !== undefined && site !== 'same-origin' && site !== 'none') {
      // A link to the page may be followed from anywhere: it carries nothing and opens as a document of its own.
      const followed = headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document';
      if (surface !== 'page' || mutation || !followed) return refuse('forbidden', 'Another site sent this request.');
    }

    if (kind === 'upgrade') {
      if (path !== '/ws' || method !== 'GET') return refuse('not_found', 'There is no socket here.');
      const carries = search !== '' || headers.has('authorization') || headers.has('sec-websocket-protocol');
      if (carries) return refuse('bad_request', 'A socket carries nothing in its URL, Authorization or subprotocol; it says hello first.');
    } else {
      const spoken = headers.get('x-codex-builder-protocol');
      const silent = spoken === undefined && surface !== 'api';
      if (!silent && spoken !== String(PROTOCOL)) {
        return refuse('version_mismatch', `This daemon speaks protocol ${PROTOCOL}; send it as X-Codex-Builder-Protocol or update.`, {
          daemon: PROTOCOL,
          client: spoken ?? null,
        });
      }
    }

    if (mutation) {
      const raw = path === API.createArtifact.path && method === API.createArtifact.method;
      const wanted = raw ? 'application/octet-stream' : 'application/json';
      const sent = headers.get('content-type');
      if (sent !== wanted && !(method === 'DELETE' && sent === undefined)) {
        return refuse('unsupported_media_type', `Send Content-Type: ${wanted}, exactly.`);
      }
      const most = raw ? limits.artifactBytes : limits.bodyBytes;
      if (Number(headers.get('content-length') ?? 0) > most) return { refused: tooLarge(most) };
    }

    return {
      admitted: {
        method,
        path,
        search,
        surface,
        originless: mutation && origin === undefined,
        header: (name) => headers.get(name),
        ...(origin === undefined ? {} : { origin }),
      },
    };
  };
}

function refuse(code: Refusal['code'], message: string, details?: Record<string, unknown>): Verdict {
  return { refused: refusal(code, message, details) };
}
