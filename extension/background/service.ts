import { type Link, LinkLost } from '#shared/link.ts';
import { type Observable, openObservable } from '#shared/observable.ts';
import type { Notice } from '#shared/stream.ts';
import { openRunsList, type RunsList } from '#shared/ui/runs-list.ts';
import { runKey } from '../run-key.ts';
import { type DaemonLinks, type DaemonLinksParts, openDaemonLinks } from './daemon-link.ts';
import { type Outbox, openOutbox } from './outbox.ts';
import type { PairedDaemon } from './paired-daemon.ts';
import type { Asked, Shelves } from './shelves.ts';
import { uploadPicture } from './upload-picture.ts';

export interface ServiceParts extends Omit<DaemonLinksParts, 'ready' | 'revoked' | 'noticed'> {
  shelves: Shelves;
  /** Something happened to a run, in order and once. */
  heard(daemonId: string, notice: Notice & { type: 'run' }): void;
  /** Every notice, for popup and options. */
  noticed(daemonId: string, notice: Notice): void;
}

/** What the background knows and does, apart from the browser around it. */
export interface Service {
  readonly daemons: Observable<readonly PairedDaemon[]>;
  readonly links: DaemonLinks;
  readonly outbox: Outbox;
  /** Runs that were asked for from here: what a page that belongs to no daemon may still see. */
  readonly asked: Observable<readonly Asked[]>;
  runs(daemonId: string): RunsList | undefined;
  /** Grows whenever the runs of any daemon change, also of one that is paired later. */
  readonly runsChanged: Observable<number>;
  daemon(daemonId: string): PairedDaemon | undefined;
  /** A run that was asked for on a page of this origin. */
  remember(daemonId: string, runId: string, origin: string): Promise<void>;
  /** Now and then: connects what waits for its next try, and sends what a daemon could not take when it was asked. */
  wake(): void;
  pair(daemon: PairedDaemon): Promise<void>;
  unpair(daemonId: string): Promise<void>;
  setPatterns(daemonId: string, patterns: readonly string[]): Promise<void>;
}

const GATHER_MS = 120;
/** Behind by more, reading everything again is quicker than hearing all of it. */
const REPLAY_LIMIT = 500;
const ASKED_LIMIT = 200;

/** Opens what was kept and connects to every daemon that is paired. */
export async function openService(parts: ServiceParts): Promise<Service> {
  const { shelves } = parts;
  const daemons = openObservable<readonly PairedDaemon[]>(await shelves.daemons.all());
  const asked = openObservable<readonly Asked[]>((await shelves.asked.all()).sort((a, b) => b.at - a.at));
  const feeds = new Map<string, RunsList>();
  const runsChanged = openObservable(0);
  const owedSeq = new Set<string>();
  const later = (then: () => void) => parts.after(GATHER_MS, then);

  const daemon = (id: string) => daemons.get().find((each) => each.id === id);

  async function change(id: string, what: Partial<PairedDaemon>): Promise<void> {
    const before = daemon(id);
    if (!before) return;
    const next = { ...before, ...what };
    if (JSON.stringify(next) === JSON.stringify(before)) return;
    daemons.set(daemons.get().map((each) => (each.id === id ? next : each)));
    await shelves.daemons.put(next);
  }

  async function forget(id: string): Promise<void> {
    daemons.set(daemons.get().filter((each) => each.id !== id));
    reconcile();
    await shelves.daemons.delete(id);
  }

  const links = openDaemonLinks({
    ...parts,
    ready: (id) => void greet(id).catch(ignoreLost),
    revoked: (id) => void change(id, { wasRevoked: true }),
    noticed(id, notice) {
      if (notice.type === 'run') {
        feeds.get(id)?.changed(notice.event.runId);
        parts.heard(id, notice);
      }
      if (notice.type === 'status') void readStatus(id).catch(ignoreLost);
      parts.noticed(id, notice);
      keepSeq(id);
    },
  });

  const outbox = await openOutbox({
    shelf: shelves.unsent,
    client: links.client,
    upload: async (daemonId, picture) => uploadPicture(await links.settled(daemonId), picture, parts),
    acknowledged(entry, run) {
      feeds.get(entry.daemonId)?.take(run);
      if (entry.origin !== undefined) void remember(entry.daemonId, run.id, entry.origin);
    },
  });

  async function remember(daemonId: string, runId: string, origin: string): Promise<void> {
    const entry: Asked = { run: runKey(daemonId, runId), origin, at: parts.now() };
    const all = [entry, ...asked.get().filter((each) => each.run !== entry.run)];
    asked.set(all.slice(0, ASKED_LIMIT));
    await shelves.asked.put(entry);
    for (const old of all.slice(ASKED_LIMIT)) await shelves.asked.delete(old.run);
  }

  /** Where to resume is kept now and then: a little behind only means hearing a little again. */
  function keepSeq(id: string): void {
    if (owedSeq.has(id)) return;
    owedSeq.add(id);
    later(() => {
      owedSeq.delete(id);
      void change(id, { seq: links.link(id)?.seq() });
    });
  }

  /** What the daemon says of itself; its own places choose it on a page. */
  async function readStatus(id: string): Promise<number | undefined> {
    const client = links.client(id);
    const [status, slots] = await Promise.all([client.call('status', {}), client.call('listSlots', {})]);
    if (!status.ok) return undefined;
    const urls = [status.value.productionUrl, ...(slots.ok ? slots.value.slots.map(({ url }) => url) : [])];
    const origins = [...new Set(urls.flatMap((url) => URL.parse(url)?.origin ?? []))];
    const { app, you } = status.value;
    await change(id, { app, user: you.user, role: you.role, origins, wasRevoked: false });
    const now = daemon(id);
    if (!now) return undefined; // unpaired meanwhile
    await outbox.adopt(now, await supersede(now));
    return status.value.seq;
  }

  /** The same app at the same address, paired before: this pairing takes its place. */
  async function supersede(now: PairedDaemon): Promise<readonly string[]> {
    const { id } = now;
    const old = daemons.get().filter((each) => each.id !== id && each.address === now.address && each.app === now.app);
    const patterns = [...new Set([...old.flatMap((each) => each.patterns), ...now.patterns])];
    await change(id, { patterns });
    for (const each of old) await forget(each.id);
    return old.map((each) => each.id);
  }

  async function greet(id: string): Promise<void> {
    const newest = await readStatus(id);
    const link = links.link(id);
    const runs = feeds.get(id);
    if (newest === undefined || !link || !runs) return;
    resume(link, daemon(id)?.seq, newest);
    runs.reload();
    await outbox.flush(id);
  }

  function reconcile(): void {
    const known = daemons.get();
    for (const id of [...feeds.keys()]) if (!known.some((each) => each.id === id)) feeds.delete(id);
    for (const { id } of known) {
      if (feeds.has(id)) continue;
      const feed = openRunsList(links.client(id), later);
      feed.view.watch(() => runsChanged.set(runsChanged.get() + 1));
      feeds.set(id, feed);
    }
    links.reconcile(known);
  }

  reconcile();
  return {
    daemons,
    links,
    outbox,
    asked,
    daemon,
    runs: (id) => feeds.get(id),
    runsChanged,
    remember,
    wake() {
      links.wake();
      for (const [id, { is }] of links.states.get()) {
        if (is !== 'ready') continue;
        // One that could not say how it stands when it was greeted is greeted again.
        if (links.link(id)?.seq() === undefined) void greet(id).catch(ignoreLost);
        else void outbox.flush(id);
      }
    },
    async pair(paired) {
      await shelves.daemons.put(paired);
      daemons.set([...daemons.get(), paired]);
      reconcile();
    },
    unpair: forget,
    setPatterns: (id, patterns) => change(id, { patterns }),
  };
}

/** The link goes on by itself after a break; only a fresh one, a long absence or another ledger begins anew. */
function resume(link: Link, kept: number | undefined, newest: number): void {
  const from = link.seq() ?? kept;
  const missed = from === undefined ? Number.POSITIVE_INFINITY : newest - from;
  if (missed < 0 || missed > REPLAY_LIMIT) link.subscribe(newest);
  else if (link.seq() === undefined && from !== undefined) link.subscribe(from);
}

function ignoreLost(error: unknown): void {
  if (!(error instanceof LinkLost)) throw error;
}
