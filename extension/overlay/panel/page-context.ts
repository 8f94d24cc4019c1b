import { maskedUrl } from '#shared/capture.ts';
import type { RunRequest } from '#shared/run.ts';

/** What goes along with a request: where the person was and what they saw of it. */
export function pageContext(): NonNullable<RunRequest['context']> {
  const { innerWidth: width, innerHeight: height, devicePixelRatio: scale, scrollX, scrollY } = window;
  return {
    url: maskedUrl(location.href).slice(0, 8_000),
    title: document.title.slice(0, 500),
    viewport: { width, height, scale, scrollX: Math.round(scrollX), scrollY: Math.round(scrollY) },
  };
}
