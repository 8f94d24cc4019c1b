import type { Release } from '#shared/release.ts';
import { processWords } from '#shared/ui/process-words.ts';
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

/** A line on the process of a live release: that it is down, or that it had to be started again. */
export function ReleaseProcess({ release }: { release: Release }) {
  const words = processWords(release, useNow());
  if (words === undefined) return null;
  return (
    <p class={words.down ? 'cb-text-bad' : 'hint'}>
      <Visible text={words.text} />
    </p>
  );
}
