import type { Role } from '#shared/audit.ts';
import { redeem } from '#shared/redeem.ts';
import { browserName } from '#shared/ui/browser-name.ts';

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

export type PairOutcome = { end: 'paired'; device: KeptDevice; role: Role } | { end: 'refused'; message: string };

/** Redeems a one-time code and keeps the secret. */
export async function redeemCode(code: string): Promise<PairOutcome> {
  const redeemed = await redeem((url, init) => fetch(url, init), '', { code, name: browserName(navigator.userAgent), kind: 'page' });
  switch (redeemed.end) {
    case 'paired': {
      const device = { deviceId: redeemed.device.id, secret: redeemed.secret };
      localStorage.setItem(PLACE, JSON.stringify(device));
      return { end: 'paired', device, role: redeemed.device.role };
    }
    case 'refused':
      return { end: 'refused', message: redeemed.message };
    case 'unreadable':
      return { end: 'refused', message: `The daemon answered ${redeemed.status}. Ask for a new code.` };
    case 'unreachable':
      return { end: 'refused', message: 'The daemon did not answer. Start it with “npm start”, then try the code again.' };
  }
}
