import type { Status } from '#shared/api.ts';
import { type Client, openClient } from '#shared/client.ts';
import { type Link, LinkLost } from '#shared/link.ts';
import { type Observable, openObservable } from '#shared/observable.ts';
import type { RunRequest } from '#shared/run.ts';
import type { Notice } from '#shared/stream.ts';
import { openRunsList, type RunsList } from '#shared/ui/runs-list.ts';
import { type Cache, openCache } from './cache.ts';
import type { Kept } from './kept.ts';
import { type Outbox, openOutbox } from './outbox.ts';
import { openReviewDrafts, type ReviewDrafts } from './review-drafts.ts';
import { touchedBy } from './touched-by.ts';

/** Everything the screens share: one link, what is known through it, and what is on its way. */
export interface Session {
  link: Link;
  client: Client;
  cache: Cache;
  runs: RunsList;
  outbox: Outbox;
  /** Comments that were written and not sent. */
  reviews: ReviewDrafts;
  status: Observable<Status | undefined>;
  /** A request that the daemon refused, given back to the box. */
  returned: Observable<{ request: RunRequest; message: string } | undefined>;
  /** What just changed, in words, for people who do not watch the screen. */
  heard: Observable<Extract<Notice, { type: 'run' }> | undefined>;
}

const GATHER_MS = 120;
/** Facts with which follow-ups appear, or are sent. */
const DRAFTS_CHANGE: readonly string[] = ['attempt.ended', 'run.requested', 'patch.proposed'];
/** Behind by more, reading everything again is quicker than hearing all of it. */
const REPLAY_LIMIT = 500;

/** Ties the parts together: notices make what they are about stale, a new connection reads again what may have been missed. */
export function openSession(link: Link, kept: Kept): Session {
  const client = openClient(link);
  const later = (then: () => void) => void setTimeout(then, GATHER_MS);
  const cache = openCache(client, later);
  const runs = openRunsList(client, later);
  const status = openObservable<Status | undefined>(undefined);
  const returned = openObservable<{ request: RunRequest; message: string } | undefined>(undefined);
  const heard = openObservable<Extract<Notice, { type: 'run' }> | undefined>(undefined);
  const outbox = openOutbox({
    client,
    kept,
    now: Date.now,
    acknowledged: runs.take,
    refused: (request, message) => returned.set({ request, message }),
  });
  const reviews = openReviewDrafts(kept);
  let statusAsked = false;

  async function readStatus(): Promise<Status | undefined> {
    try {
      const result = await client.call('status', {});
      if (result.ok) status.set(result.value);
      return result.ok ? result.value : undefined;
    } catch (lost) {
      if (!(lost instanceof LinkLost)) throw lost;
      return undefined;
    }
  }

  async function greet(): Promise<void> {
    const before = link.seq();
    const now = await readStatus();
    if (!now) return;
    const missed = before === undefined ? Number.POSITIVE_INFINITY : now.seq - before;
    // The link resumes by itself; only a first visit, a long absence or another ledger starts anew.
    if (missed > REPLAY_LIMIT || missed < 0) {
      link.subscribe(now.seq);
      cache.touch(() => true);
    } else {
      cache.touch((door) => door === 'listSlots' || door === 'listReleases' || door === 'listDevices' || door === 'listDrafts');
    }
    cache.resume();
    await outbox.flush();
  }

  function take(notice: Notice): void {
    switch (notice.type) {
      case 'run': {
        const { event } = notice;
        const doors = touchedBy(event.type);
        cache.touch((door, params) => params?.id === event.runId && doors.includes(door));
        if (DRAFTS_CHANGE.includes(event.type)) cache.touch((door) => door === 'listDrafts');
        cache.amend('getRunEvents', { params: { id: event.runId } }, (known) =>
          (known.events.at(-1)?.seq ?? 0) < event.seq ? { events: [...known.events, event] } : known,
        );
        runs.changed(event.runId);
        heard.set(notice);
        return;
      }
      case 'reads':
        // Said without a run whenever the link begins to tell: then the list is read, the first time too.
        if (notice.runId === undefined) runs.reload();
        else runs.changed(notice.runId);
        return;
      case 'slots':
        cache.touch((door) => door === 'listSlots' || door === 'getPreview');
        return;
      case 'releases':
        // main may have moved with it, and with main how a run stands.
        cache.touch((door) => door === 'listReleases' || door === 'getRun');
        return;
      case 'status':
        cache.touch((door) => door === 'getFlags' || door === 'listDevices');
        if (statusAsked) return;
        statusAsked = true;
        later(() => {
          statusAsked = false;
          void readStatus();
        });
        return;
    }
  }

  link.onNotice(take);
  const greetWhenReady = () => {
    if (link.state.get().is === 'ready') void greet();
  };
  link.state.watch(greetWhenReady);
  greetWhenReady();
  return { link, client, cache, runs, outbox, reviews, status, returned, heard };
}
