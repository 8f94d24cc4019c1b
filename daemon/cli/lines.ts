import * as z from 'zod/mini';
import { ReleaseId } from '#shared/ids.ts';
import type { Release } from '#shared/release.ts';
import type { Run } from '#shared/run.ts';
import { processWords } from '#shared/ui/process-words.ts';
import { ago } from '#shared/ui/relative-time.ts';
import { stateWords } from '#shared/ui/state-words.ts';

/** A run in one line. */
export function runLine(run: Run): string {
  const why = run.reason === undefined || run.reason.code === 'REVISED' ? '' : `  (${run.reason.code})`;
  return `${run.id}  ${stateWords(run).label.padEnd(14)}  ${ago(run.createdAt, Date.now()).padEnd(10)}  ${run.title}${why}${run.demo === true ? '  [demo model]' : ''}`;
}

/** A run in one line, and below it what it waits or ended for and where it can be seen. */
export function runWords(run: Run): string {
  const lines = [`${run.id}  ${stateWords(run).label}  ${run.title}${run.demo === true ? '  [demo model]' : ''}`];
  if (run.reason !== undefined) lines.push(`  ${run.reason.message}${run.reason.remedy === undefined ? '' : ` ${run.reason.remedy}`}`);
  if (run.previewUrl !== undefined && run.endedAt === undefined) lines.push(`  Preview   ${run.previewUrl}`);
  return `${lines.join('\n')}\n`;
}

/** A release in one line. */
export function releaseLine(release: Release): string {
  const watched = release.watch?.state === 'worse' ? '  (errors have risen since)' : '';
  const process = processWords(release, Date.now());
  return `${release.id}  ${release.state.padEnd(9)}  ${release.commit.slice(0, 10)}  ${ago(release.createdAt, Date.now()).padEnd(10)}  ${release.title}${watched}${process === undefined ? '' : `  (${lead(process.text)})`}${release.state === 'failed' && release.reason !== undefined ? `  (${release.reason})` : ''}`;
}

/** What a rollback may name. */
export function isReleaseTarget(text: string): text is 'last-healthy' {
  return text === 'last-healthy' || z.safeParse(ReleaseId, text).success;
}

/** A sentence as a remark in brackets. */
const lead = (sentence: string): string => `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`;
