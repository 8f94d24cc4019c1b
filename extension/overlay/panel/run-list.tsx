import type { Run } from '#shared/run.ts';
import { runLine } from '#shared/ui/run-card.tsx';
import { groupRuns, RUN_GROUPS } from '#shared/ui/run-groups.ts';
import { DemoLabel, StatePill } from '#shared/ui/state-pill.tsx';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import type { Shell } from '../contract.ts';
import type { PanelStore } from './panel-state.ts';
import type { RunDesk } from './run-desk.ts';
import { RunView } from './run-view.tsx';

/** Runs that are listed; the daemon's own page has them all. */
const LISTED = 4;

/** Runs about this page: the one that stands open, then by who has to move next, newest first. */
export function RunList({ store, desk, shell }: { store: PanelStore; desk: RunDesk; shell: Shell }) {
  useObserved(store);
  const runs = store.runs();
  const shown = store.shownRun();
  if (runs.length === 0) return null;
  const groups = groupRuns(runs.filter(({ id }) => id !== shown?.id));
  const listed = [...(shown ? [shown] : []), ...RUN_GROUPS.flatMap((group) => groups[group])].slice(0, LISTED);
  return (
    <section class="runs" aria-label="Runs about this page">
      {listed.map((run) => (
        <RunRow key={run.id} run={run} isShown={run.id === shown?.id} store={store} desk={desk} shell={shell} />
      ))}
    </section>
  );
}

function RunRow({ run, isShown, store, desk, shell }: { run: Run; isShown: boolean; store: PanelStore; desk: RunDesk; shell: Shell }) {
  const isPreview = store.get().view?.previewOf === run.id;
  const line = isShown ? undefined : runLine(run);
  return (
    <article class={`run ${isShown ? 'run-shown' : ''}`} data-run={run.id}>
      <button
        type="button"
        class="row-run row-button"
        aria-expanded={isShown}
        onClick={(event) => shell.isReal(event) && desk.show(isShown ? 'none' : run.id)}
      >
        <StatePill run={run} />
        <span class="row-title">
          <Visible text={run.title} />
          {isPreview && <span class="quiet">{store.isOlder() ? 'at this address now' : 'this preview'}</span>}
          {run.demo && <DemoLabel />}
        </span>
        <span class="row-when">
          <TimeAgo at={run.createdAt} />
        </span>
        {line !== undefined && (
          <span class="row-line">
            <Visible text={line} />
          </span>
        )}
      </button>
      {isShown && <RunView run={run} daemon={store.daemon()} desk={desk} shell={shell} isUnseen={isPreview && store.isOlder()} />}
    </article>
  );
}
