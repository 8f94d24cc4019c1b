import * as z from 'zod/mini';
import { ReleaseId } from '#shared/ids.ts';
import type { Release } from '#shared/release.ts';
import type { Run } from '#shared/run.ts';

/** A run in one line. */
export function runLine(run: Run): string {
  return `${run.id}  ${run.state.padEnd(14)} ${run.title}${run.reason === undefined ? '' : `  (${run.reason.code})`}${run.demo === true ? '  [demo model]' : ''}`;
}

/** A release in one line. */
export function releaseLine(release: Release): string {
  return `${release.id}  ${release.state.padEnd(9)} ${release.commit.slice(0, 10)}  ${release.title}`;
}

/** What a rollback may name. */
export function isReleaseTarget(text: string): text is 'last-healthy' {
  return text === 'last-healthy' || z.safeParse(ReleaseId, text).success;
}
