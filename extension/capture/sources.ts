import { useEffect, useState } from 'preact/hooks';
import type { RunRequest } from '#shared/run.ts';
import { ask } from '../ask.ts';

type SentElements = NonNullable<RunRequest['context']>['elements'];

/** Where an element is in the code, for a person. */
export interface SourceWords {
  confidence: 'exact' | 'likely' | 'guess' | 'unknown';
  text: string;
}

/** While somebody types a note nothing is asked. */
const QUIET_MS = 300;

/** Asks the daemon where the elements are in the code: with what would be sent of them, and nothing else. */
export function useSources(daemonId: string | undefined, elements: SentElements): readonly (SourceWords | undefined)[] {
  const [sources, setSources] = useState<readonly SourceWords[]>([]);
  const asked = JSON.stringify((elements ?? []).map(({ note: _note, ...element }) => element));
  useEffect(() => {
    setSources([]);
    if (daemonId === undefined || asked === '[]') return;
    let isStale = false;
    const timer = setTimeout(async () => {
      const answer = await ask('find_sources', { daemonId, elements: JSON.parse(asked) as never });
      if (!isStale && answer.ok && answer.value.ok) setSources(answer.value.value.elements.map(wordsFor));
    }, QUIET_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [daemonId, asked]);
  return sources;
}

function wordsFor({
  candidates,
}: {
  candidates: readonly { file: string; line?: number | undefined; confidence: 'exact' | 'likely' | 'guess' }[];
}): SourceWords {
  const [best, ...others] = candidates;
  if (best === undefined) return { confidence: 'unknown', text: 'Where it is in the code is unknown.' };
  const place = `${best.file}${best.line === undefined ? '' : `:${best.line}`}`;
  const more = others.length === 0 ? '' : `, or ${others.length} other ${others.length === 1 ? 'place' : 'places'}`;
  return { confidence: best.confidence, text: `${SURE[best.confidence]} ${place}${more}` };
}

const SURE = { exact: 'In the code:', likely: 'Likely in', guess: 'Perhaps in' } as const;
