import type { Capture } from '#shared/capture.ts';
import type { Sources } from '#shared/source.ts';
import type { Parts } from './parts.ts';

/** Where the captured elements are in the code that a run begins with. A search that fails costs the run nothing but the hint. */
export async function sourcesFor(
  { sources, log }: Pick<Parts, 'sources' | 'log'>,
  capture: Capture | undefined,
  commit: string,
  signal: AbortSignal,
): Promise<Sources | undefined> {
  const elements = capture?.elements ?? [];
  if (elements.length === 0) return undefined;
  try {
    return await sources.find({ commit, elements, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    log('warn', 'elements could not be looked for in the code', { detail: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}
