import { useState } from 'preact/hooks';
import { RunCard } from '#shared/ui/run-card.tsx';
import { type Entry, INBOX_GROUPS, INBOX_WORDS, type InboxGroup } from './inbox-groups.ts';

const SHOWN_AT_ONCE = 50;

/** The entries in the order they are shown: what j and k walk along. */
export function inboxOrder(groups: Record<InboxGroup, readonly Entry[]>): Entry[] {
  return INBOX_GROUPS.flatMap((group) => groups[group]);
}

/** Runs by who has to move next. Empty groups are left out; a long one shows its first 50 until asked or walked into. */
export function InboxList({
  groups,
  selected,
  hrefOf,
  onOpen,
}: {
  groups: Record<InboxGroup, readonly Entry[]>;
  selected: string | undefined;
  hrefOf: (entry: Entry) => string;
  onOpen: (entry: Entry) => void;
}) {
  const [opened, setOpened] = useState<readonly InboxGroup[]>([]);
  return (
    <>
      {INBOX_GROUPS.filter((group) => groups[group].length > 0).map((group) => {
        const all = groups[group];
        const reached = all.findIndex(({ key }) => key === selected) + 1;
        const shown = opened.includes(group) ? all : all.slice(0, Math.max(SHOWN_AT_ONCE, reached));
        return (
          <section key={group} class={`cb-group cb-group-${group}`} aria-labelledby={`group-${group}`}>
            <h2 id={`group-${group}`}>
              {INBOX_WORDS[group]} {(group === 'needs_you' || group === 'running') && <span class="cb-count">{all.length}</span>}
            </h2>
            <ul>
              {shown.map((entry) => (
                <li key={entry.key}>
                  <RunCard
                    run={entry.run}
                    app={entry.app}
                    href={hrefOf(entry)}
                    selected={entry.key === selected}
                    onOpen={(event) => {
                      // With a modifier the browser opens the run's own page in a tab, as it does with any link.
                      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
                      event.preventDefault();
                      onOpen(entry);
                    }}
                  />
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
    </>
  );
}
