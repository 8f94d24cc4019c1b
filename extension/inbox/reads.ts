import type { Run } from '#shared/run.ts';
import { groupOf } from '#shared/ui/run-groups.ts';
import { faceOf } from '../awareness/run-face.ts';

/** What this browser's person has seen of a run: the face it had then; `null` when they marked it unread. */
export type Reads = Readonly<Record<string, string | null>>;

/** The name of a run across daemons. */
export function runKey(daemonId: string, runId: string): string {
  return `${daemonId}/${runId}`;
}

/** Whether how a run stands is something to hear of. That a person stopped it or went on with it elsewhere is not. */
function isNews(run: Run): boolean {
  const group = groupOf(run);
  if (group === 'needs_you') return true;
  return group === 'done' && (run.state !== 'canceled' || run.reason?.code === 'REJECTED');
}

/**
 * Whether a run has news: it waits for a person or has ended, and was not seen since. What was
 * settled before this browser was paired is nobody's news.
 */
export function isUnread(run: Run, read: string | null | undefined, pairedAt: number): boolean {
  if (read === null) return true;
  if (!isNews(run)) return false;
  return read === undefined ? Date.parse(run.endedAt ?? run.updatedAt) > pairedAt : read !== faceOf(run);
}
