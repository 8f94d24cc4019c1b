import { nonce, socketKey } from '#shared/pairing.ts';
import { codeIn, type Redeemed, redeem } from '#shared/redeem.ts';
import type { PairFailure } from '../messages.ts';
import type { PairedDaemon } from './paired-daemon.ts';

/**
 * The origin of a daemon's control page in what a person typed or pasted: an address, the link
 * with the code, or the port alone. Only this machine: a daemon answers nowhere else, and a
 * request must never leave for a host that a page talked somebody into.
 */
export function controlAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const url = URL.parse(
    /^\d{1,5}$/.test(trimmed) ? `http://127.0.0.1:${trimmed}` : /^https?:/i.test(trimmed) ? trimmed : `http://${trimmed}`,
  );
  if (url === null || url.protocol !== 'http:' || url.username !== '' || url.password !== '') return undefined;
  // The daemon answers for this name of the machine only; the others mean the same.
  return url.hostname === '127.0.0.1' || url.hostname === 'localhost'
    ? `http://127.0.0.1${url.port === '' ? '' : `:${url.port}`}`
    : undefined;
}

export type PairOutcome = { end: 'paired'; daemon: PairedDaemon } | { end: 'failed'; why: PairFailure; address: string; detail?: string };

/** Redeems a code. Of the secret only the key of the handshake is kept. */
export async function pairWith(
  typed: { address: string; code: string; name: string },
  fetch: Parameters<typeof redeem>[0],
  now: number,
): Promise<PairOutcome> {
  const address = controlAddress(typed.address);
  if (address === undefined) return { end: 'failed', why: 'address', address: typed.address };
  const code = codeIn(typed.code.trim() === '' ? typed.address : typed.code);
  const redeemed = await redeem(fetch, address, { code, name: typed.name, kind: 'extension' });
  if (redeemed.end !== 'paired') return { end: 'failed', address, ...failureOf(redeemed) };
  return {
    end: 'paired',
    daemon: {
      id: `dmn_${nonce().slice(0, 16)}`,
      address,
      deviceId: redeemed.device.id,
      deviceName: redeemed.device.name,
      key: await socketKey(redeemed.secret),
      pairedAt: now,
      user: redeemed.device.user,
      role: redeemed.device.role,
      origins: [],
      patterns: [],
    },
  };
}

function failureOf(redeemed: Exclude<Redeemed, { end: 'paired' }>): { why: PairFailure; detail?: string } {
  switch (redeemed.end) {
    case 'unreachable':
      return { why: 'unreachable' };
    case 'unreadable':
      return { why: 'not_a_daemon' };
    case 'refused':
      switch (redeemed.code) {
        case 'unauthorized':
        case 'bad_request':
          return { why: 'wrong_code', detail: redeemed.message };
        case 'too_many_tries':
          return { why: 'too_many_tries', detail: redeemed.message };
        case 'version_mismatch':
          return { why: 'version' };
        case 'forbidden':
          return { why: 'forbidden', detail: redeemed.message };
        default:
          return { why: 'internal', detail: redeemed.message };
      }
  }
}
