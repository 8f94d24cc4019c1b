import { useState } from 'preact/hooks';
import type { Run } from '../run.ts';
import { RunCard } from './run-card.tsx';
import { GROUP_WORDS, groupRuns, RUN_GROUPS } from './run-groups.ts';

const SHOWN_AT_ONCE = 50;

/** The run ids in the order the inbox shows them: what j and k walk along. */
export function inboxOrder(runs: readonly Run[]): string[] {
  const groups = groupRuns(runs);
  return RUN_GROUPS.flatMap((group) => groups[group].map((run) => run.id));
}

/** Runs by who has to move next. Empty groups are left out; a long one shows its first 50 until asked. */
export function RunInbox({
  runs,
  selected,
  hrefOf,
  onOpen,
}: {
  runs: readonly Run[];
  selected?: string | undefined;
  hrefOf: (run: Run) => string;
  onOpen: (run: Run, event: MouseEvent) => void;
}) {
  const groups = groupRuns(runs);
  const [opened, setOpened] = useState<readonly string[]>([]);
  return (
    <div class="cb-inbox">
      {RUN_GROUPS.filter((group) => groups[group].length > 0).map((group) => {
        const all = groups[group];
        const shown = group === 'done' || opened.includes(group) ? all : all.slice(0, SHOWN_AT_ONCE);
        return (
          <section key={group} class={`cb-group cb-group-${group}`} aria-labelledby={`group-${group}`}>
            <h2 id={`group-${group}`}>
              {GROUP_WORDS[group]} {group !== 'done' && <span class="cb-count">{all.length}</span>}
            </h2>
            <ul>
              {shown.map((run) => (
                <li key={run.id}>
                  <RunCard run={run} href={hrefOf(run)} onOpen={(event) => onOpen(run, event)} selected={run.id === selected} />
                </li>
              ))}
            </ul>
            {shown.length < all.length && (
              <button type="button" class="cb-quiet" onClick={() => setOpened([...opened, group])}>
                Show {all.length - shown.length} more
              </button>
            )}
          </section>
        );
      })}
    </div>
  );
}
