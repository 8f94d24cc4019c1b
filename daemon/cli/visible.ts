import { visibleString } from '#shared/ui/visible-text.ts';

/**
 * The same value with every text in it made safe to print: what an agent, a page or an app wrote can move no cursor,
 * colour nothing and hide nothing (terminal escapes, bidi controls, zero-width characters). Line breaks stay.
 */
export function visible<T>(value: T): T {
  if (typeof value === 'string') return value.split('\n').map(visibleString).join('\n') as T;
  if (Array.isArray(value)) return value.map(visible) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, visible(each)])) as T;
}

/** Text of a program without its colours and cursor movements. */
export function withoutColours(text: string): string {
  return text.replaceAll(/\u001b\[[0-9;:?]*[ -/]*[@-~]/g, '').replaceAll('\r\n', '\n');
}
