import { API, type DoorReply, PROTOCOL } from './api.ts';
import { ErrorBody } from './errors.ts';

/** What became of a one-time code. */
export type Redeemed =
  | ({ end: 'paired' } & DoorReply<'pair'>)
  | { end: 'unreachable' }
  /** The daemon said no, in its own words. */
  | { end: 'refused'; code: ErrorBody['error']['code']; message: string }
  /** Whoever answered does not speak as a daemon does. */
  | { end: 'unreadable'; status: number };

type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body: string; credentials: 'omit'; redirect: 'error' },
) => Promise<{ status: number; json(): Promise<unknown> }>;

/** Redeems a one-time code for a device's secret: the one call that is not on the socket. `base` is '' on the daemon's own page. */
export async function redeem(
  fetch: Fetch,
  base: string,
  device: { code: string; name: string; kind: 'page' | 'extension' },
): Promise<Redeemed> {
  let status: number;
  let body: unknown;
  try {
    const response = await fetch(base + API.pair.path, {
      method: API.pair.method,
      headers: { 'Content-Type': 'application/json', 'X-Codex-Builder-Protocol': String(PROTOCOL) },
      body: JSON.stringify({ ...device, code: device.code.trim() }),
      credentials: 'omit',
      redirect: 'error',
    });
    status = response.status;
    body = await response.json().catch(() => undefined);
  } catch {
    return { end: 'unreachable' };
  }
  const paired = API.pair.reply.safeParse(body);
  if (status < 400 && paired.success) return { end: 'paired', ...paired.data };
  const refused = ErrorBody.safeParse(body);
  return refused.success ? { end: 'refused', ...refused.data.error } : { end: 'unreadable', status };
}

/** The code in what a person pasted: the code itself, or the whole link that `pair` and the settings page give. */
export function codeIn(text: string): string {
  return /#code=(.+)$/.exec(text)?.[1] ?? text;
}
