import type { Run } from '#shared/run.ts';
import { groupOf } from '#shared/ui/run-groups.ts';
import { runKey } from '../run-key.ts';

export const INBOX_GROUPS = ['needs_you', 'running', 'failed', 'done'] as const;
export type InboxGroup = (typeof INBOX_GROUPS)[number];

export const INBOX_WORDS: Readonly<Record<InboxGroup, string>> = {
  needs_you: 'Needs you',
  running: 'Running',
  failed: 'Failed',
  done: 'Done',
};

/** A run in the inbox, with the daemon that it is of. */
export interface Entry {
  key: string;
  daemonId: string;
  /** The app's name, where there is more than one. */
  app?: string;
  run: Run;
}

/** Where a run stands in the inbox: a failure stays in sight until it is put away. */
export function inboxGroupOf(run: Pick<Run, 'state' | 'reason'>): InboxGroup {
  const group = groupOf(run);
  if (group === 'needs_you') return group;
  if (group !== 'done') return 'running';
  return run.state === 'failed' ? 'failed' : 'done';
}

/** The moment by which entries of several daemons are put in one order. */
function newestFirst(a: Entry, b: Entry): number {
  const at = ({ run }: Entry) => run.endedAt ?? run.createdAt;
  return at(a) < at(b) ? 1 : at(a) > at(b) ? -1 : a.key < b.key ? 1 : -1;
}

interface OfDaemon {
  daemon: { id: string; app?: string; address: string };
  runs: readonly Run[];
}

/** The runs of all daemons by group, newest first. */
export function groupInbox(all: readonly OfDaemon[]): Record<InboxGroup, Entry[]> {
  const groups: Record<InboxGroup, Entry[]> = { needs_you: [], running: [], failed: [], done: [] };
  for (const { daemon, runs } of all) {
    for (const run of runs) {
      const app = all.length > 1 ? { app: daemon.app ?? daemon.address } : {};
      groups[inboxGroupOf(run)].push({ key: runKey(daemon.id, run.id), daemonId: daemon.id, run, ...app });
    }
  }
  for (const group of INBOX_GROUPS) groups[group].sort(newestFirst);
  return groups;
}
