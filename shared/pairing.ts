/**
 * How a device and the daemon prove to each other that they hold the same
 * secret without sending it (SPEC 13.1). Web Crypto only, so the same lines run in
 * the browser and in Node. All byte strings travel as lower-case hex.
 */

const encoder = new TextEncoder();

function toHex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** k = HKDF-SHA256(secret, no salt, "ws"): what the WebSocket handshake is keyed with (RFC 5869). */
export async function socketKey(secretHex: string): Promise<string> {
  const base = await crypto.subtle.importKey('raw', fromHex(secretHex), 'HKDF', false, ['deriveBits']);
  return toHex(
    await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: encoder.encode('ws') }, base, 256),
  );
}

async function hmac(keyHex: string, message: string): Promise<string> {
  const key = await crypto.subtle.importKey('raw', fromHex(keyHex), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return toHex(await crypto.subtle.sign('HMAC', key, encoder.encode(message)));
}

/** The daemon's proof: a squatter on its port cannot make it. */
export function daemonMac(key: string, nc: string, ns: string, origin: string): Promise<string> {
  return hmac(key, `srv|${nc}|${ns}|${origin}`);
}

/** The client's proof, with the nonces the other way round so neither can be replayed as the other. */
export function clientMac(key: string, nc: string, ns: string, origin: string): Promise<string> {
  return hmac(key, `cli|${ns}|${nc}|${origin}`);
}

/** Equal in time that does not depend on where they differ. */
export function sameMac(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** A fresh nonce of 256 bits. */
export function nonce(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(32)).buffer);
}
