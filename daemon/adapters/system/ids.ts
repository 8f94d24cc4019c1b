import { randomBytes } from 'node:crypto';
import type { Ids } from '../../ports.ts';

// Crockford's alphabet in lower case: sorts as the bytes do.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Ids in the layout of ULID (48 bits of time, 80 of randomness): they sort by creation. */
export const systemIds: Ids = {
  next(prefix) {
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(Date.now()));
    return `${prefix}_${encode(Buffer.concat([time.subarray(2), randomBytes(10)]))}`;
  },
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
};

function encode(bytes: Buffer): string {
  let value = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = ALPHABET[Number(value & 31n)]! + text;
    value >>= 5n;
  }
  return text;
}
