import { maskedUrl } from '#shared/route.ts';
import { ask } from '../ask.ts';
import { maskLink, maskText } from './find-secrets.ts';
import type { Masked } from './masked.ts';

const MAX_LINES = 50;

/** Requests of the page that were answered with an error, as the browser remembers them; those of other sites only as far as these let it. */
export function failedRequests(): readonly Masked[] {
  const entries = [
    ...performance.getEntriesByType('navigation'),
    ...performance.getEntriesByType('resource'),
  ] as PerformanceResourceTiming[];
  return entries
    .filter(({ responseStatus }) => responseStatus >= 400)
    .slice(-MAX_LINES)
    .map(({ responseStatus, name, initiatorType }) => [`${responseStatus} `, ...maskLink(maskedUrl(name)), ` (${initiatorType})`]);
}

/** Errors of the page since the first time this was asked here. Asked only when the person wants them: it has to listen in the page's own world. */
export async function consoleErrors(): Promise<readonly Masked[]> {
  const answer = await ask('read_errors', {});
  return answer.ok ? answer.value.slice(-MAX_LINES).map((line) => maskText(line)) : [];
}
