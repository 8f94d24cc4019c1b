/** The one key a request or an act is sent with, however often. Also where a page has no secure context. */
export function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
