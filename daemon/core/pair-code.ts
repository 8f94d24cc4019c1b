/** Letters and digits that are not taken for one another. 31 of them, so 8 make 39 bits, guarded by five tries in five minutes. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';

/** A one-time code, `ABCD-EFGH`, from at least 16 random bytes in hex. */
export function pairCode(randomHex: string): string {
  const letters = Array.from({ length: 8 }, (_, index) => {
    const value = Number.parseInt(randomHex.slice(index * 4, index * 4 + 4), 16);
    return ALPHABET[value % ALPHABET.length];
  });
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}

/** A code as typed by a person: case, spaces and dashes do not matter. */
export function normaliseCode(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z0-9]/g, '');
}
