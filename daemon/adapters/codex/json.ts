/** Reading JSON of which nothing is assumed: a field that is missing or of another kind is undefined. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The object that `text` is, or undefined. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined; // junk is an expected input here
  }
}

export const objectOf = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
/** A field of an object; undefined of anything else. */
export const field = (value: unknown, name: string): unknown => objectOf(value)?.[name];
export const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
