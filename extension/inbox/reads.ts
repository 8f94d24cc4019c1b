import type { Run } from '#shared/run.ts';
import { groupOf } from '#shared/ui/run-groups.ts';
import { faceOf } from '../awareness/run-face.ts';

/** What this browser's person has seen of a run: the face it had then; `null` when they marked it unread. */
export type Reads = Readonly<Record<string, string | null>>;

/** The name of a run across daemons. */
export function runKey(daemonId: string, runId: string): string {
  return `${daemonId}/${runId}`;
}

/**
 * Whether a run has news: it waits for a person or has ended, and was not seen since. What was
 * settled before this browser was paired is nobody's news.
 */
export function isUnread(run: Run, read: string | null | undefined, pairedAt: number): boolean {
  if (read === null) return true;
  const group = groupOf(run);
  if (group !== 'needs_you' && group !== 'done') return false;
  return read === undefined ? Date.parse(run.endedAt ?? run.updatedAt) > pairedAt : read !== faceOf(run);
}
