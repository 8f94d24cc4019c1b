import type { Release } from '#shared/release.ts';
import { countdown } from '#shared/ui/relative-time.ts';

/** What the watch on a release came to, or how long it goes on; undefined when there is none. */
export function watchWords({ watch }: Release, now: number): { worse: boolean; text: string } | undefined {
  if (watch === undefined) return undefined;
  if (watch.state === 'worse') return { worse: true, text: `Errors have risen since it went live: ${watch.detail}.` };
  if (watch.state === 'calm') return { worse: false, text: `No rise in errors was seen after it went live: ${watch.detail}.` };
  const left = Date.parse(watch.until) > now ? `${countdown(watch.until, now)} left` : 'one more look';
  return { worse: false, text: `Errors are watched for, on ${watch.route} and in people's requests: ${left}.` };
}
