import type { Run } from '#shared/run.ts';
import { groupOf } from '#shared/ui/run-groups.ts';
import { isUnread, type Reads, runKey } from './reads.ts';

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
  unread: boolean;
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
  daemon: { id: string; app?: string; address: string; pairedAt: number };
  runs: readonly Run[];
}

/** The runs of all daemons by group, newest first, each marked when it has news. */
export function groupInbox(all: readonly OfDaemon[], reads: Reads, only: { unread: boolean }): Record<InboxGroup, Entry[]> {
  const groups: Record<InboxGroup, Entry[]> = { needs_you: [], running: [], failed: [], done: [] };
  for (const { daemon, runs } of all) {
    for (const run of runs) {
      const key = runKey(daemon.id, run.id);
      const unread = isUnread(run, reads[key], daemon.pairedAt);
      if (only.unread && !unread) continue;
      const app = all.length > 1 ? { app: daemon.app ?? daemon.address } : {};
      groups[inboxGroupOf(run)].push({ key, daemonId: daemon.id, run, unread, ...app });
    }
  }
  for (const group of INBOX_GROUPS) groups[group].sort(newestFirst);
  return groups;
}
