import type { Status } from '#shared/api.ts';
import type { Client } from '#shared/client.ts';
import { LinkLost } from '#shared/link.ts';
import { type Observable, openObservable } from '#shared/observable.ts';
import type { Run } from '#shared/run.ts';
import type { Notice } from '#shared/stream.ts';
import { NO_FILTER, openRunsList, type RunFilter, type RunsList } from '#shared/ui/runs-list.ts';
import type { DaemonView, InboxNotice, Sight, UnsentView } from '../messages.ts';

/** Which runs are listed: those about the page, or all of them. */
export type Where = 'page' | 'all';

export interface InboxView {
  /** Undefined until the background has answered. */
  daemons: readonly DaemonView[] | undefined;
  unsent: readonly UnsentView[];
  /** Only what is unread is listed. */
  unreadOnly: boolean;
  status: Readonly<Record<string, Status>>;
  sight: Sight | undefined;
  where: Where;
  runs: Readonly<Record<string, readonly Run[]>>;
  /** Every list that can be read has been read once. */
  loaded: boolean;
  more: boolean;
  loadingMore: boolean;
  problem?: string;
}

export interface Inbox {
  readonly view: Observable<InboxView>;
  client(daemonId: string): Client;
  show(where: Where): void;
  showUnread(only: boolean): void;
  more(): void;
  /** A newer version of a run that came as an answer. */
  take(daemonId: string, run: Run): void;
  known(daemonId: string, runId: string): Run | undefined;
  /** See `RunsList`. */
  mark(daemonId: string, run: Pick<Run, 'id' | 'version'>, as: 'read' | 'unread'): Promise<boolean>;
  /** Calls `then` whenever something happened to a run, or may have. The answer ends it. */
  follow(daemonId: string, runId: string, then: () => void): () => void;
  /** The popup is about another page, or its daemons changed. */
  setSight(sight: Sight | undefined): void;
}

export interface InboxParts {
  listen(then: (notice: InboxNotice) => void): void;
  client(daemonId: string): Client;
  later(then: () => void): void;
}

const EMPTY: InboxView = {
  daemons: undefined,
  unsent: [],
  unreadOnly: false,
  status: {},
  sight: undefined,
  where: 'all',
  runs: {},
  loaded: false,
  more: false,
  loadingMore: false,
};

/** The runs of every paired daemon in one list, kept fresh by what the background hears. Nothing is asked for twice, nothing on a clock. */
export function openInbox({ listen, client, later }: InboxParts): Inbox {
  const view = openObservable<InboxView>(EMPTY);
  const lists = new Map<string, RunsList>();
  const ready = new Set<string>();
  const followers = new Set<{ daemonId: string; runId: string; then: () => void }>();
  let chose: Where | undefined;

  const set = (change: Partial<InboxView>) => view.set({ ...view.get(), ...change });

  /** The lists that the choice is about: a page belongs to one daemon. */
  function listed(): [string, RunsList][] {
    const { where, sight } = view.get();
    return [...lists].filter(([id]) => where === 'all' || id === sight?.daemonId);
  }

  function gather(): void {
    const { where, sight } = view.get();
    const shown = listed();
    const isHere = (run: Run) => where === 'all' || sight?.belongs !== false || sight.asked.includes(run.id);
    const readable = shown.filter(([id]) => ready.has(id));
    const views = shown.map(([, list]) => list.view.get());
    set({
      runs: Object.fromEntries(shown.map(([id, list]) => [id, list.view.get().runs.filter(isHere)])),
      loaded: readable.every(([, list]) => list.view.get().loaded),
      more: views.some(({ more }) => more),
      loadingMore: views.some(({ loadingMore }) => loadingMore),
      problem: views.find(({ problem }) => problem !== undefined)?.problem,
    });
  }

  function filterOf(id: string): RunFilter {
    const { where, sight, unreadOnly } = view.get();
    return { ...NO_FILTER, route: where === 'page' && sight?.daemonId === id ? (sight.path ?? '') : '', unread: unreadOnly };
  }

  function narrow(): void {
    for (const [id, list] of listed()) {
      const wanted = filterOf(id);
      if (JSON.stringify(list.view.get().filter) !== JSON.stringify(wanted) && ready.has(id)) list.filter(wanted);
    }
    gather();
  }

  function choose(where: Where): void {
    if (where !== view.get().where) set({ where });
    narrow();
  }

  async function readStatus(id: string): Promise<void> {
    try {
      const status = await client(id).call('status', {});
      if (status.ok) set({ status: { ...view.get().status, [id]: status.value } });
    } catch (lost) {
      if (!(lost instanceof LinkLost)) throw lost;
    }
  }

  /** Whatever was missed is read: notices only say what happens from now on. */
  function greet(id: string): void {
    void readStatus(id);
    const { sight } = view.get();
    lists.get(id)?.filter(filterOf(id));
    const previewed = sight?.daemonId === id ? sight.previewOf : undefined;
    if (previewed !== undefined) lists.get(id)?.changed(previewed);
    for (const follower of followers) if (follower.daemonId === id) follower.then();
  }

  function heard(daemonId: string, notice: Notice): void {
    if (notice.type === 'status') void readStatus(daemonId);
    if (notice.type === 'reads') {
      if (notice.runId === undefined) lists.get(daemonId)?.reload();
      else lists.get(daemonId)?.changed(notice.runId);
    }
    if (notice.type !== 'run') return;
    const { runId } = notice.event;
    lists.get(daemonId)?.changed(runId);
    for (const follower of followers) if (follower.daemonId === daemonId && follower.runId === runId) follower.then();
  }

  function takeDaemons(daemons: readonly DaemonView[]): void {
    for (const id of [...lists.keys()]) {
      if (daemons.some((daemon) => daemon.id === id)) continue;
      lists.delete(id);
      ready.delete(id);
    }
    set({ daemons });
    for (const { id, link } of daemons) {
      if (!lists.has(id)) {
        const list = openRunsList(client(id), later);
        lists.set(id, list);
        list.view.watch(gather);
      }
      const wasReady = ready.has(id);
      if (link === 'ready') ready.add(id);
      else ready.delete(id);
      if (link === 'ready' && !wasReady) greet(id);
    }
    gather();
  }

  listen((told) => {
    switch (told.type) {
      case 'opened':
        return ready.clear();
      case 'daemons':
        return takeDaemons(told.daemons);
      case 'unsent':
        return set({ unsent: told.unsent });
      case 'notice':
        return heard(told.daemonId, told.notice);
    }
  });

  return {
    view,
    client,
    show(where) {
      chose = where;
      choose(where);
    },
    more: () => {
      for (const [, list] of listed()) list.more();
    },
    take: (daemonId, run) => lists.get(daemonId)?.take(run),
    known: (daemonId, runId) => lists.get(daemonId)?.known(runId),
    showUnread(only) {
      set({ unreadOnly: only });
      narrow();
    },
    mark: async (daemonId, run, as) => (await lists.get(daemonId)?.mark(run, as)) ?? false,
    follow(daemonId, runId, then) {
      const follower = { daemonId, runId, then };
      followers.add(follower);
      return () => void followers.delete(follower);
    },
    setSight(sight) {
      if (JSON.stringify(sight) === JSON.stringify(view.get().sight)) return;
      set({ sight });
      if (sight?.daemonId && sight.previewOf) lists.get(sight.daemonId)?.changed(sight.previewOf);
      choose(sight?.daemonId === undefined ? 'all' : (chose ?? (sight.belongs ? 'page' : 'all')));
    },
  };
}
