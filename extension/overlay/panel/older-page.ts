import { MADE_BY } from '#shared/made-by.ts';

interface Timed {
  serverTiming?: readonly { name: string; description: string }[];
}

/**
 * Whether this page came from the preview of another run than the one whose preview its address is now: the slot went on to that one
 * while the tab stayed open. Where nobody said which run made the page, it is taken for the one of its address.
 */
export function isOlderPage(previewOf: string | undefined): boolean {
  const [load] = performance.getEntriesByType('navigation') as Timed[];
  const made = (load?.serverTiming ?? []).filter(({ name }) => name === MADE_BY);
  return previewOf !== undefined && made.length > 0 && !made.some(({ description }) => description === previewOf);
}
