import { API, PROTOCOL } from '#shared/api.ts';
import type { Role } from '#shared/audit.ts';
import { ErrorBody } from '#shared/errors.ts';

const PLACE = 'codex-builder.device';

/** What this browser keeps of its pairing, in the page's own origin only. */
export interface KeptDevice {
  deviceId: string;
  secret: string;
}

/** The kept pairing, or undefined when there is none or it cannot be read. */
export function keptDevice(): KeptDevice | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PLACE) ?? 'null');
    const { deviceId, secret } = (kept ?? {}) as Partial<KeptDevice>;
    return typeof deviceId === 'string' && typeof secret === 'string' && /^[0-9a-f]{32,128}$/.test(secret)
      ? { deviceId, secret }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Takes a one-time code out of the address, so that it stands in no history entry. */
export function takeCode(): string | undefined {
  const match = /^#code=([^&]+)/.exec(location.hash);
  if (!match) return undefined;
  history.replaceState(null, '', location.pathname + location.search);
  return decodeCode(match[1]!);
}

function decodeCode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

/** A name people recognise this browser by, for example `Chromium on Linux`. */
export function browserName(agent: string): string {
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /Firefox\//.test(agent)
      ? 'Firefox'
      : /Chrom(e|ium)\//.test(agent)
        ? 'Chromium'
        : /Safari\//.test(agent)
          ? 'Safari'
          : 'Browser';
  const system = /Android/.test(agent)
    ? 'Android'
    : /iPhone|iPad/.test(agent)
      ? 'iOS'
      : /Windows/.test(agent)
        ? 'Windows'
        : /Mac OS/.test(agent)
          ? 'macOS'
          : /Linux/.test(agent)
            ? 'Linux'
            : '';
  return system === '' ? browser : `${browser} on ${system}`;
}

export type PairOutcome = { end: 'paired'; device: KeptDevice; role: Role } | { end: 'refused'; message: string };

/** Redeems a one-time code and keeps the secret. The one call of the page that is not on the socket. */
export async function redeemCode(code: string): Promise<PairOutcome> {
  let status: number;
  let body: unknown;
  try {
    const response = await fetch(API.pair.path, {
      method: API.pair.method,
      headers: { 'Content-Type': 'application/json', 'X-Codex-Builder-Protocol': String(PROTOCOL) },
      body: JSON.stringify({ code: code.trim(), name: browserName(navigator.userAgent), kind: 'page' }),
      credentials: 'omit',
    });
    status = response.status;
    body = await response.json();
  } catch {
    return { end: 'refused', message: 'The daemon did not answer. Start it with “npm start”, then try the code again.' };
  }
  const paired = API.pair.reply.safeParse(body);
  if (status < 400 && paired.success) {
    const device = { deviceId: paired.data.device.id, secret: paired.data.secret };
    localStorage.setItem(PLACE, JSON.stringify(device));
    return { end: 'paired', device, role: paired.data.device.role };
  }
  const refused = ErrorBody.safeParse(body);
  return { end: 'refused', message: refused.success ? refused.data.error.message : `The daemon answered ${status}. Ask for a new code.` };
}
