import { type Observable, openObservable } from '#shared/observable.ts';
import type { Run } from '#shared/run.ts';
import type { DaemonView, PageView, Words } from '../../messages.ts';
import { isOlderPage } from './older-page.ts';

/** Everything the panel shows. What the background can say again is only ever a copy of it. */
export interface PanelState {
  view?: PageView;
  /** Requests that the background has not answered for yet. */
  sending: readonly { key: string; prompt: string }[];
  /** Runs that were answered and that the background has not told of yet. */
  fresh: readonly { daemonId: string; run: Run }[];
  /** The run that stands open; `none` when the person closed it. */
  shown?: string | 'none';
  note?: Note;
  /** The person wants to pick another app for this site. */
  isPicking?: boolean;
}

export type Note = { level: 'error' | 'warn' } & Words;

/** The state with the few questions everybody asks of it. */
export interface PanelStore extends Observable<PanelState> {
  change(part: Partial<PanelState>): void;
  /** The background told of the page: of what it tells it knows the newest. */
  told(view: PageView): void;
  /** Opens a run that came as an answer. */
  showRun(daemonId: string, run: Run): void;
  daemon(): DaemonView | undefined;
  runs(): readonly Run[];
  /** The run that stands open: what the person chose, else the one this page is the preview of. */
  shownRun(): Run | undefined;
  /** Whether this page still shows another run than the one whose preview its address is now. */
  isOlder(): boolean;
}

export function openPanelStore(): PanelStore {
  const held = openObservable<PanelState>({ sending: [], fresh: [] });
  const change = (part: Partial<PanelState>) => held.set({ ...held.get(), ...part });
  function runs(): readonly Run[] {
    const { view, fresh } = held.get();
    return mergeRuns(
      view?.runs ?? [],
      fresh.flatMap(({ daemonId, run }) => (daemonId === view?.chosen ? [run] : [])),
    );
  }
  return {
    ...held,
    change,
    told(view) {
      const isTold = ({ daemonId, run }: PanelState['fresh'][number]) =>
        daemonId === view.chosen && view.runs.some(({ id, version }) => id === run.id && version >= run.version);
      change({ view, fresh: held.get().fresh.filter((each) => !isTold(each)) });
    },
    showRun: (daemonId, run) => change({ fresh: [{ daemonId, run }, ...held.get().fresh], shown: run.id }),
    daemon() {
      const { view } = held.get();
      return view?.daemons.find(({ id }) => id === view.chosen);
    },
    runs,
    isOlder: () => isOlderPage(held.get().view?.previewOf),
    shownRun() {
      const { shown, view } = held.get();
      const wanted = shown ?? view?.previewOf;
      return runs().find(({ id }) => id === wanted);
    },
  };
}

/** One list, the newer of two versions of a run, newest run first. */
function mergeRuns(told: readonly Run[], fresh: readonly Run[]): readonly Run[] {
  const byId = new Map(told.map((run) => [run.id, run]));
  for (const run of fresh) if ((byId.get(run.id)?.version ?? -1) < run.version) byId.set(run.id, run);
  return [...byId.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}
