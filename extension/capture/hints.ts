import { ask } from '../ask.ts';
import { maskText } from './find-secrets.ts';
import type { Masked } from './masked.ts';
import type { Place } from './selector.ts';

/** What the page's framework says of an element. Checked by the background as a stranger's words; private things are masked like everywhere. */
export async function readHints({ selector, frame }: Place): Promise<Readonly<Record<string, Masked>>> {
  const answer = await ask('read_hints', { selector, ...(frame === undefined ? {} : { frame }) });
  if (!answer.ok) return {};
  return Object.fromEntries(Object.entries(answer.value).map(([name, hint]) => [name, maskText(hint)]));
}
