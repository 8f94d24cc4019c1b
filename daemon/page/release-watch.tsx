import type { Release } from '#shared/release.ts';
import { useNow } from '#shared/ui/use-now.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { watchWords } from './watch-words.ts';

/** A line on how a release does since it went live. */
export function ReleaseWatch({ release }: { release: Release }) {
  const now = useNow(release.watch?.state === 'watching');
  const words = watchWords(release, now);
  if (words === undefined) return null;
  return (
    <p class={words.worse ? 'cb-text-bad' : 'hint'}>
      <Visible text={words.text} />
    </p>
  );
}
