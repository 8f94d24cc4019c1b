import type { DoorName, DoorReply } from '#shared/api.ts';
import type { CallArguments, CallResult, Client } from '#shared/client.ts';
import { LinkLost } from '#shared/link.ts';
import { type Observable, openObservable } from '#shared/observable.ts';

/** What is known of a reply: the newest value, and why there is no newer one. */
export interface Known<T> {
  value?: T;
  problem?: { status: number; message: string };
}

/** What a reading door is about. */
interface DoorOf {
  id?: string;
}

interface Entry {
  door: DoorName;
  params: DoorOf | undefined;
  known: Observable<Known<unknown>>;
  watchers: number;
  stale: boolean;
  reading: boolean;
  read(): Promise<CallResult<unknown>>;
}

/**
 * Replies of reading doors, kept while they are shown and read again when they
 * became stale: never by the clock. Many touches in a row make one read.
 */
export interface Cache {
  entry<N extends DoorName>(door: N, request: CallArguments<N>): { known: Observable<Known<DoorReply<N>>>; hold(): () => void };
  /** Marks what matches as stale; what is being shown is read again, the rest when it is shown. */
  touch(matches: (door: DoorName, params: DoorOf | undefined) => boolean): void;
  /** Changes a kept value in place, for facts that arrived by themselves. */
  amend<N extends DoorName>(door: N, request: CallArguments<N>, change: (value: DoorReply<N>) => DoorReply<N>): void;
  /** The link is back: reads what is stale and shown. */
  resume(): void;
}

const KEEP_UNWATCHED = 60;

function nameOf<N extends DoorName>(door: N, request: CallArguments<N>): string {
  return JSON.stringify([door, request.params, request.query]);
}

/** Opens an empty cache; `later` runs its argument a moment later (how touches are gathered). */
export function openCache(client: Client, later: (then: () => void) => void): Cache {
  const entries = new Map<string, Entry>();
  let gathering = false;

  function readStale(): void {
    for (const entry of entries.values()) if (entry.watchers > 0) void refresh(entry);
  }

  function gather(): void {
    if (gathering) return;
    gathering = true;
    later(() => {
      gathering = false;
      readStale();
    });
  }

  async function refresh(entry: Entry): Promise<void> {
    if (!entry.stale || entry.reading) return;
    entry.stale = false;
    entry.reading = true;
    try {
      const result = await entry.read();
      entry.known.set(
        result.ok ? { value: result.value } : { ...entry.known.get(), problem: { status: result.status, message: result.message } },
      );
      // Touched while reading: what came may already be old.
      if (entry.stale && entry.watchers > 0) gather();
    } catch (lost) {
      if (!(lost instanceof LinkLost)) throw lost;
      entry.stale = true; // until resume()
    } finally {
      entry.reading = false;
    }
  }

  function forget(): void {
    let spare = [...entries.values()].filter((entry) => entry.watchers === 0).length - KEEP_UNWATCHED;
    for (const [name, entry] of entries) {
      if (spare <= 0) return;
      if (entry.watchers > 0) continue;
      entries.delete(name);
      spare -= 1;
    }
  }

  function find<N extends DoorName>(door: N, request: CallArguments<N>): Entry {
    const name = nameOf(door, request);
    let entry = entries.get(name);
    if (!entry) {
      entry = {
        door,
        params: request.params as DoorOf | undefined,
        known: openObservable<Known<unknown>>({}),
        watchers: 0,
        stale: true,
        reading: false,
        read: () => client.call(door, request),
      };
      entries.set(name, entry);
      forget();
    }
    return entry;
  }

  return {
    entry(door, request) {
      const entry = find(door, request);
      return {
        known: entry.known as Observable<Known<never>>,
        hold() {
          entry.watchers += 1;
          void refresh(entry);
          return () => {
            entry.watchers -= 1;
          };
        },
      };
    },
    touch(matches) {
      for (const entry of entries.values()) if (matches(entry.door, entry.params)) entry.stale = true;
      gather();
    },
    amend(door, request, change) {
      const entry = entries.get(nameOf(door, request));
      if (!entry) return;
      if (entry.reading) entry.stale = true; // what is on its way may lack the fact
      const { value } = entry.known.get();
      if (value !== undefined) entry.known.set({ value: change(value as never) });
    },
    resume: readStale,
  };
}
