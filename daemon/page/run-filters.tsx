import { useEffect, useRef, useState } from 'preact/hooks';
import { RUN_STATES } from '#shared/run.ts';
import { Button } from '#shared/ui/button.tsx';
import { NO_FILTER, type RunFilter } from '#shared/ui/runs-list.ts';
import { STATE_WORDS } from '#shared/ui/state-words.ts';

/** What a person narrows the run list to. Typed words wait until the typing pauses. */
export function RunFilters({
  filter,
  authors,
  onChange,
}: {
  filter: RunFilter;
  authors: readonly string[];
  onChange: (filter: RunFilter) => void;
}) {
  const [q, setQ] = useState(filter.q);
  const [route, setRoute] = useState(filter.route);
  const latest = useRef({ filter, onChange });
  latest.current = { filter, onChange };
  useEffect(() => {
    if (q === latest.current.filter.q && route === latest.current.filter.route) return undefined;
    const timer = setTimeout(() => latest.current.onChange({ ...latest.current.filter, q, route }), 250);
    return () => clearTimeout(timer);
  }, [q, route]);
  const narrowed = JSON.stringify(filter) !== JSON.stringify(NO_FILTER);
  return (
    <search class="filters" aria-label="Filter runs">
      <input
        id="search"
        type="search"
        placeholder="Search runs"
        aria-label="Search runs"
        value={q}
        onInput={(event) => setQ(event.currentTarget.value)}
        maxLength={200}
      />
      <select
        aria-label="State"
        value={filter.state}
        onChange={(event) => onChange({ ...filter, state: event.currentTarget.value as RunFilter['state'] })}
      >
        <option value="">Any state</option>
        <option value="active">Not ended</option>
        <option value="archived">Archived</option>
        {RUN_STATES.map((state) => (
          <option key={state} value={state}>
            {STATE_WORDS[state].label}
          </option>
        ))}
      </select>
      <select aria-label="Author" value={filter.author} onChange={(event) => onChange({ ...filter, author: event.currentTarget.value })}>
        <option value="">Anyone</option>
        {authors.map((author) => (
          <option key={author} value={author}>
            {author}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="filter-unread"
        aria-pressed={filter.unread}
        title="Only runs with news that you have not seen"
        onClick={() => onChange({ ...filter, unread: !filter.unread })}
      >
        Unread
      </button>
      <input
        class="filter-route"
        placeholder="/route"
        aria-label="Page route"
        value={route}
        onInput={(event) => setRoute(event.currentTarget.value)}
      />
      {narrowed && (
        <Button
          kind="quiet"
          onClick={() => {
            setQ('');
            setRoute('');
            onChange(NO_FILTER);
          }}
        >
          Clear
        </Button>
      )}
    </search>
  );
}

const ARCHIVE = JSON.stringify({ ...NO_FILTER, state: 'archived' });
const UNREAD = JSON.stringify({ ...NO_FILTER, unread: true });

/** Why the narrowed list is empty. */
export function nothingListed(filter: RunFilter): string {
  const asked = JSON.stringify(filter);
  if (asked === ARCHIVE) return 'Nothing is archived. An ended run can be put away on its page.';
  return asked === UNREAD ? 'Nothing is unread.' : 'No run matches.';
}
