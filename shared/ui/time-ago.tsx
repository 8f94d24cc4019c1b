import { ago } from './relative-time.ts';
import { useNow } from './use-now.ts';

/** A moment as "3 min ago", the exact local time in its title. */
export function TimeAgo({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {ago(at, now)}
    </time>
  );
}
