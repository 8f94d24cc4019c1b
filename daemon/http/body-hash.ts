import { createHash } from 'node:crypto';

/** JSON with the keys of every object sorted, so that equal values are equal bytes. Only for parsed input, whose depth its schema bounds. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** What an idempotency receipt compares: the same request, whatever the order of its keys, has the same hash. */
export function bodyHash(door: string, params: unknown, body: unknown): string {
  return createHash('sha256').update(canonical({ door, params, body })).digest('hex');
}
