import type { Client } from '#shared/client.ts';
import { LinkLost } from '#shared/link.ts';
import { type Observable, openObservable } from '#shared/observable.ts';
import { nonce } from '#shared/pairing.ts';
import { type Run, RunRequest } from '#shared/run.ts';
import { type Kept, readJson } from './kept.ts';

/** A request that a person sent and that the daemon has not acknowledged yet. */
export interface Unsent {
  key: string;
  request: RunRequest;
  at: number;
  /** Why the last try did not go through, when the daemon answered at all. */
  problem?: string;
}

/**
 * Requests on their way. Each is kept before it leaves, with the one key it will
 * ever have, and dropped when it is acknowledged, so it is neither lost nor made twice.
 */
export interface Outbox {
  readonly unsent: Observable<readonly Unsent[]>;
  send(request: RunRequest): Promise<void>;
  /** Tries everything that waits, oldest first. */
  flush(): Promise<void>;
  discard(key: string): void;
}

export interface OutboxParts {
  client: Client;
  kept: Kept;
  now(): number;
  acknowledged(run: Run): void;
  /** The daemon understood the request and said no: it goes back to the person. */
  refused(request: RunRequest, message: string): void;
}

const PLACE = 'codex-builder.unsent';

/** Opens the outbox with what an earlier visit left unsent. */
export function openOutbox({ client, kept, now, acknowledged, refused }: OutboxParts): Outbox {
  const unsent = openObservable<readonly Unsent[]>(read(kept));
  let sending = false;

  /** Other tabs keep theirs in the same place: what they added is not overwritten. */
  function put(change: (entries: readonly Unsent[]) => readonly Unsent[]): void {
    const mine = unsent.get();
    const others = read(kept).filter((entry) => !mine.some((own) => own.key === entry.key));
    const next = change([...mine, ...others]);
    kept.write(PLACE, JSON.stringify(next));
    unsent.set(next);
  }

  function remove(key: string): void {
    put((entries) => entries.filter((entry) => entry.key !== key));
  }

  async function flush(): Promise<void> {
    if (sending) return;
    sending = true;
    try {
      for (let entry = unsent.get()[0]; entry; entry = unsent.get()[0]) {
        const result = await client.call('createRun', { body: entry.request, key: entry.key });
        if (result.ok) {
          remove(entry.key);
          acknowledged(result.value.run);
        } else if (result.status >= 500 || result.status === 429) {
          const { key } = entry;
          put((entries) => entries.map((other) => (other.key === key ? { ...other, problem: result.message } : other)));
          return;
        } else {
          remove(entry.key);
          refused(entry.request, result.message);
        }
      }
    } catch (lost) {
      if (!(lost instanceof LinkLost)) throw lost;
    } finally {
      sending = false;
    }
  }

  return {
    unsent,
    flush,
    send(request) {
      put((entries) => [...entries, { key: nonce(), request, at: now() }]);
      return flush();
    },
    discard: remove,
  };
}

function read(kept: Kept): Unsent[] {
  const stored = readJson(kept, PLACE);
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((entry: Partial<Unsent> | null) => {
    const request = RunRequest.safeParse(entry?.request);
    if (!request.success || typeof entry?.key !== 'string' || typeof entry.at !== 'number') return [];
    return [{ key: entry.key, request: request.data, at: entry.at }];
  });
}
