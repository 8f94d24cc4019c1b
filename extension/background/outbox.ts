import type { Client } from '#shared/client.ts';
import { LinkLost } from '#shared/link.ts';
import { type Observable, openObservable } from '#shared/observable.ts';
import type { Run } from '#shared/run.ts';
import type { PairedDaemon } from './paired-daemon.ts';
import type { Shelf } from './shelves.ts';
import type { Unsent } from './unsent.ts';
import type { Uploaded } from './upload-picture.ts';

export interface OutboxParts {
  shelf: Shelf<Unsent>;
  client(daemonId: string): Client;
  upload(daemonId: string, picture: string): Promise<Uploaded>;
  acknowledged(entry: Unsent, run: Run): void;
}

/** What became of a request by the time somebody asked. */
export type SendOutcome = { end: 'sent'; run: Run } | { end: 'kept' } | { end: 'refused'; message: string };

/**
 * Requests on their way. Each is kept durably, pictures included, before anything leaves, and is
 * removed only when the daemon acknowledged it: a worker or browser that stops in between sends it
 * again with the same key, which the daemon answers and does not do twice.
 */
export interface Outbox {
  readonly unsent: Observable<readonly Unsent[]>;
  send(entry: Omit<Unsent, 'state'>): Promise<SendOutcome>;
  /** Sends what waits for this daemon, oldest first. */
  flush(daemonId: string): Promise<void>;
  /** Requests whose pairing is gone or was superseded go to the new one, if it is the same app and the same person. */
  adopt(daemon: Pick<PairedDaemon, 'id' | 'address' | 'app' | 'user'>, superseded: readonly string[]): Promise<void>;
  /** Removes it and gives it back; undefined when it is gone already. One that is leaving right now may still arrive. */
  takeBack(key: string): Promise<Unsent | undefined>;
}

const REMEMBERED = 50;

/** Opens the outbox with everything an earlier life left in it. */
export async function openOutbox({ shelf, client, upload, acknowledged }: OutboxParts): Promise<Outbox> {
  const unsent = openObservable<readonly Unsent[]>((await shelf.all()).sort((a, b) => a.at - b.at));
  const outcomes = new Map<string, SendOutcome>();
  const flushing = new Map<string, Promise<void>>();

  const find = (key: string) => unsent.get().find((entry) => entry.key === key);

  function show(key: string, entry: Unsent | undefined): void {
    const rest = unsent.get().filter((other) => other.key !== key);
    unsent.set(entry ? [...rest, entry].sort((a, b) => a.at - b.at) : rest);
  }

  /** For whoever sent it and still waits; a page may ask twice. */
  function settle(key: string, outcome: SendOutcome): void {
    outcomes.set(key, outcome);
    for (const old of [...outcomes.keys()].slice(0, -REMEMBERED)) outcomes.delete(old);
  }

  async function mark(entry: Unsent, state: Unsent['state']): Promise<void> {
    if (!find(entry.key)) return; // taken back meanwhile
    const marked = { ...entry, state };
    await shelf.put(marked);
    show(entry.key, marked);
  }

  /** Sends one; false when the rest has to wait too. */
  async function deliver(entry: Unsent): Promise<boolean> {
    const screenshots: string[] = [];
    for (const picture of entry.pictures) {
      const stored = await upload(entry.daemonId, picture);
      if (!stored.ok) return answered(entry, stored);
      screenshots.push(stored.hash);
      if (!find(entry.key)) return true; // taken back before any of it was a request
    }
    const { context } = entry.request;
    const body = screenshots.length > 0 && context ? { ...entry.request, context: { ...context, screenshots } } : entry.request;
    const result = await client(entry.daemonId).call('createRun', { body, key: entry.key });
    if (!result.ok) return answered(entry, result);
    await shelf.delete(entry.key);
    show(entry.key, undefined);
    settle(entry.key, { end: 'sent', run: result.value.run });
    acknowledged(entry, result.value.run);
    return true;
  }

  /** The daemon's no: for now (busy, failed, an answer nobody understands), or for good. Only a daemon that is busy is so for the rest too. */
  async function answered(entry: Unsent, { status, message }: { status: number; message: string }): Promise<boolean> {
    const isBusy = status === 429 || status === 503;
    const forNow = status < 400 || status >= 500 || isBusy;
    await mark(entry, { is: forNow ? 'problem' : 'refused', message });
    if (!forNow) settle(entry.key, { end: 'refused', message });
    return !isBusy;
  }

  async function flushAll(daemonId: string): Promise<void> {
    const tried = new Set<string>();
    try {
      for (;;) {
        const entry = unsent.get().find((each) => each.daemonId === daemonId && each.state.is !== 'refused' && !tried.has(each.key));
        if (!entry) return;
        tried.add(entry.key);
        if (!(await deliver(entry))) return;
      }
    } catch (lost) {
      if (!(lost instanceof LinkLost)) throw lost;
    }
  }

  function flush(daemonId: string): Promise<void> {
    const under = flushing.get(daemonId);
    if (under !== undefined) return under;
    const mine = flushAll(daemonId).finally(() => flushing.delete(daemonId));
    flushing.set(daemonId, mine);
    return mine;
  }

  return {
    unsent,
    flush,
    async send(entry) {
      const kept: Unsent = { ...entry, state: { is: 'waiting' } };
      if (await shelf.add(kept)) {
        outcomes.delete(entry.key);
        show(entry.key, kept);
      } else {
        // The same request again, of a page that did not hear our answer: it keeps its place.
        const before = find(entry.key);
        if (before && !isSame(before, kept)) return { end: 'refused', message: 'This key was already used for another request.' };
        if (before?.state.is === 'refused') return { end: 'refused', message: before.state.message };
      }
      await flush(entry.daemonId);
      // It came while an earlier flush was at its end.
      if (find(entry.key)?.state.is === 'waiting') await flush(entry.daemonId);
      return outcomes.get(entry.key) ?? { end: 'kept' };
    },
    async adopt({ id, address, app, user }, superseded) {
      const orphans = unsent
        .get()
        .filter(
          (entry) => superseded.includes(entry.daemonId) || (entry.daemonId !== id && entry.address === address && entry.app === app),
        );
      for (const entry of orphans) {
        const same = entry.user === user;
        // Keys are the person's: under another name one that had arrived already would be done twice.
        const state: Unsent['state'] = same
          ? { is: 'waiting' }
          : {
              is: 'refused',
              message: `It was written as ${entry.user}, and this browser is now paired as ${user}. Take it back to send it anew.`,
            };
        const adopted: Unsent = { ...entry, daemonId: id, state };
        await shelf.put(adopted);
        show(entry.key, adopted);
      }
    },
    async takeBack(key) {
      const entry = find(key);
      if (!entry) return undefined;
      // At once: what comes of a delivery that is under way must not put it down again.
      show(key, undefined);
      await shelf.delete(key);
      return entry;
    },
  };
}

function isSame(a: Unsent, b: Unsent): boolean {
  const parts = ({ daemonId, request, pictures }: Unsent) => JSON.stringify([daemonId, request, pictures]);
  return parts(a) === parts(b);
}
