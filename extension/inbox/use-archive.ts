import { useRef } from 'preact/hooks';
import { nonce } from '#shared/pairing.ts';
import { isTerminal } from '#shared/ui/run-groups.ts';
import { ask } from '../ask.ts';
import type { Entry } from './inbox-groups.ts';
import type { Inbox } from './inbox-store.ts';

/** What is said at the foot of the list, and how it is undone. */
export interface Said {
  words: string;
  undo?: () => void;
}

/** Puts ended runs away from the list, and takes the last one out again. */
export function useArchive(inbox: Inbox, say: (said: Said) => void): { put(entry: Entry): void } {
  const keys = useRef(new Map<string, string>());

  async function set(entry: Entry, archived: boolean): Promise<void> {
    const { daemonId, run } = entry;
    const name = `${entry.key}/${archived}`;
    const key = keys.current.get(name) ?? nonce();
    keys.current.set(name, key);
    const asked = await ask('act', { daemonId, runId: run.id, act: 'archiveRun', body: { archived }, key });
    if (!asked.ok || !asked.value.ok) {
      say({ words: asked.ok && !asked.value.ok ? asked.value.message : 'The daemon did not answer. Try again.' });
      return;
    }
    keys.current.delete(name);
    inbox.take(daemonId, asked.value.value.run);
    if (archived && run.unread) void inbox.mark(daemonId, run, 'read');
    say(archived ? { words: `Archived “${run.title}”.`, undo: () => void set(entry, false) } : { words: 'Taken out of the archive.' });
  }

  return {
    put(entry) {
      if (isTerminal(entry.run.state)) void set(entry, true);
      else say({ words: 'Only an ended run can be archived. Open this one to cancel it.' });
    },
  };
}
