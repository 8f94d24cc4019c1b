import type { Client } from '../client.ts';
import { LinkLost } from '../link.ts';
import { type Observable, openObservable } from '../observable.ts';
import { RUN_STATES, type Run, type RunState, TERMINAL_STATES } from '../run.ts';
import { isTerminal } from './run-groups.ts';

/** What a person narrowed the list to; '' means anything. */
export interface RunFilter {
  state: '' | 'active' | 'archived' | RunState;
  q: string;
  author: string;
  route: string;
  unread: boolean;
}

export const NO_FILTER: RunFilter = { state: '', q: '', author: '', route: '', unread: false };

export interface RunsView {
  /** Active runs, then ended ones, each newest first. */
  runs: readonly Run[];
  filter: RunFilter;
  /** undefined until the first answer. */
  loaded: boolean;
  more: boolean;
  loadingMore: boolean;
  problem?: string;
}

/** The run list: all active runs, ended ones by the page, kept fresh by asking for the one run that changed. */
export interface RunsList {
  readonly view: Observable<RunsView>;
  filter(filter: RunFilter): void;
  more(): void;
  /** Reads everything again, keeping what is shown until the answer comes. */
  reload(): void;
  /** This run changed. Several in a row are asked for once. */
  changed(runId: string): void;
  /** A newer version of a run that came by another way. */
  take(run: Run): void;
  /** Marks a run as seen like this, or as unread: shown at once, and taken back with a word when the daemon did not keep it. Answers whether it did. */
  mark(run: Pick<Run, 'id' | 'version'>, as: 'read' | 'unread'): Promise<boolean>;
  /** The newest version of a run that was seen, shown or not. */
  known(runId: string): Run | undefined;
}

const ENDED_PAGE = 30;
const ACTIVE_PAGE = 200;
const ASK_LIMIT = 20;
const NOT_MARKED = 'The mark was not kept, because the daemon did not answer. Try again when it is back.';
const ACTIVE = RUN_STATES.filter((state) => !isTerminal(state)).join(',');
const ENDED = TERMINAL_STATES.join(',');

/** Whether a run belongs to what is shown. The daemon decides for what it lists; this for what arrives live. */
export function matches(run: Run, filter: RunFilter): boolean {
  const q = filter.q.trim().toLowerCase();
  if ((run.archivedAt !== undefined) !== (filter.state === 'archived')) return false;
  if (filter.state === 'active' && isTerminal(run.state)) return false;
  if (RUN_STATES.some((state) => state === filter.state) && run.state !== filter.state) return false;
  if (filter.unread && !run.unread) return false;
  if (filter.author !== '' && run.author !== filter.author) return false;
  if (filter.route !== '' && run.route !== filter.route && !run.route?.startsWith(`${filter.route}?`)) return false;
  return q === '' || run.title.toLowerCase().includes(q) || run.prompt.toLowerCase().includes(q) || run.id.includes(q);
}

/** What is listed by the page: ended runs, or the one state that was asked for. */
function endedStates(state: RunFilter['state']): string {
  return state === '' || state === 'archived' ? ENDED : state === 'active' ? '' : state;
}

function newestFirst(a: Run, b: Run): number {
  return a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : a.id < b.id ? 1 : -1;
}

/** Opens the list, empty; `later` runs its argument a moment later (how changes are gathered). */
export function openRunsList(client: Client, later: (then: () => void) => void): RunsList {
  const view = openObservable<RunsView>({ runs: [], filter: NO_FILTER, loaded: false, more: false, loadingMore: false });
  let byId = new Map<string, Run>();
  let cursor: string | undefined;
  let generation = 0;
  let dirty = new Set<string>();
  /** What came of single runs while the whole list was on its way: newer than what the list will say of them. */
  let meanwhile: Map<string, Run | 'gone'> | undefined;
  /** Marks on their way, each with what it will be. */
  const marks = new Map<string, { unread: boolean }>();

  const asMarked = (run: Run): Run => {
    const mark = marks.get(run.id);
    return mark ? { ...run, ...mark } : run;
  };

  function show(change: Partial<RunsView>): void {
    const runs = [...byId.values()]
      .map(asMarked)
      .filter((run) => matches(run, view.get().filter))
      .sort(newestFirst);
    view.set({
      ...view.get(),
      runs: [...runs.filter((run) => !isTerminal(run.state)), ...runs.filter((run) => isTerminal(run.state))],
      ...change,
    });
  }

  function query(states: string, limit: number, at?: string) {
    const { filter } = view.get();
    return client.call('listRuns', {
      query: {
        state: states,
        limit,
        ...(filter.state === 'archived' && { archived: 'true' as const }),
        ...(filter.q.trim() !== '' && { q: filter.q.trim() }),
        ...(filter.author !== '' && { author: filter.author }),
        ...(filter.route !== '' && { route: filter.route }),
        ...(filter.unread && { unread: 'true' as const }),
        ...(at !== undefined && { cursor: at }),
      },
    });
  }

  async function load(): Promise<void> {
    generation += 1;
    const mine = generation;
    meanwhile = new Map();
    const { state } = view.get().filter;
    const ended = endedStates(state);
    const [active, done] = await Promise.all([
      state === '' || state === 'active' ? query(ACTIVE, ACTIVE_PAGE) : undefined,
      ended === '' ? undefined : query(ended, ENDED_PAGE),
    ]);
    if (mine !== generation) return;
    const came = meanwhile;
    meanwhile = undefined;
    const refused = [active, done].find((result) => result && !result.ok);
    if (refused && !refused.ok) {
      show({ loaded: true, problem: refused.message });
      return;
    }
    byId = new Map();
    for (const result of [active, done]) if (result?.ok) for (const run of result.value.runs) byId.set(run.id, run);
    for (const [id, run] of came ?? []) {
      if (run === 'gone') byId.delete(id);
      else if ((byId.get(id)?.version ?? -1) <= run.version) byId.set(id, run);
    }
    cursor = done?.ok ? done.value.nextCursor : undefined;
    show({ loaded: true, more: cursor !== undefined, loadingMore: false, problem: undefined });
  }

  async function loadMore(): Promise<void> {
    const mine = generation;
    const { state } = view.get().filter;
    const result = await query(endedStates(state), ENDED_PAGE, cursor);
    if (mine !== generation) return;
    if (!result.ok) {
      show({ loadingMore: false, problem: result.message });
      return;
    }
    for (const run of result.value.runs) if ((byId.get(run.id)?.version ?? -1) <= run.version) byId.set(run.id, run);
    cursor = result.value.nextCursor;
    show({ more: cursor !== undefined, loadingMore: false });
  }

  /** The link is back soon and then reads everything again; anything else is a fault. */
  function untilLost(work: Promise<void>): void {
    work.catch((lost: unknown) => {
      if (!(lost instanceof LinkLost)) throw lost;
      show({ loadingMore: false });
    });
  }

  async function askFor(id: string): Promise<void> {
    const result = await client.call('getRun', { params: { id } });
    if (result.ok) take(result.value.run);
    else if (result.status === 404) {
      byId.delete(id);
      meanwhile?.set(id, 'gone');
      show({});
    } else show({ problem: `A run changed and could not be read: ${result.message}` });
  }

  function take(run: Run): void {
    if ((byId.get(run.id)?.version ?? -1) > run.version) return;
    byId.set(run.id, run);
    meanwhile?.set(run.id, run);
    show({});
  }

  async function mark({ id, version }: Pick<Run, 'id' | 'version'>, as: 'read' | 'unread'): Promise<boolean> {
    const mine = { unread: as === 'unread' };
    marks.set(id, mine);
    show({});
    const result = await client.call('markRun', { params: { id }, body: { seen: mine.unread ? null : version } }).catch((lost: unknown) => {
      if (!(lost instanceof LinkLost)) throw lost;
      return { ok: false as const, message: NOT_MARKED };
    });
    if (marks.get(id) === mine) marks.delete(id);
    if (result.ok) {
      take(result.value.run);
      if (view.get().problem === NOT_MARKED) show({ problem: undefined });
    } else show({ problem: result.message });
    return result.ok;
  }

  return {
    view,
    take,
    mark,
    known(runId) {
      const run = byId.get(runId);
      return run && asMarked(run);
    },
    filter(filter) {
      view.set({ ...view.get(), filter });
      show({});
      untilLost(load());
    },
    more() {
      if (cursor === undefined || view.get().loadingMore) return;
      show({ loadingMore: true });
      untilLost(loadMore());
    },
    reload: () => untilLost(load()),
    changed(runId) {
      if (dirty.size === 0) {
        later(() => {
          const ids = dirty;
          dirty = new Set();
          // After a long absence one list costs less than many runs.
          if (ids.size > ASK_LIMIT) untilLost(load());
          else for (const id of ids) untilLost(askFor(id));
        });
      }
      dirty.add(runId);
    },
  };
}
