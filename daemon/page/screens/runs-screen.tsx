import { useState } from 'preact/hooks';
import type { Status } from '#shared/api.ts';
import { Button } from '#shared/ui/button.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { useShortcuts } from '#shared/ui/keyboard.ts';
import { Note } from '#shared/ui/note.tsx';
import { inboxOrder, RunInbox } from '#shared/ui/run-inbox.tsx';
import { NO_FILTER } from '#shared/ui/runs-list.ts';
import { DemoLabel } from '#shared/ui/state-pill.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { Ideas } from '../ideas.tsx';
import { followLink, goTo } from '../navigation.ts';
import { RequestBox } from '../request-box.tsx';
import { pathOf } from '../route.ts';
import { nothingListed, RunFilters } from '../run-filters.tsx';
import { useSession } from '../session-context.ts';

function StatusLine({ status }: { status: Status | undefined }) {
  if (!status) return <p class="status-line">Asking the daemon…</p>;
  const { agent } = status;
  if (!agent.ready && !status.banners.some(({ text }) => agent.detail !== undefined && text.includes(agent.detail))) {
    return (
      <Note level="warn">
        <p>
          <strong>Codex cannot work yet.</strong> <Visible text={agent.detail ?? 'It is not signed in.'} />
        </p>
        {agent.remedy && (
          <p>
            <Visible text={agent.remedy} />
          </p>
        )}
      </Note>
    );
  }
  return (
    <p class="status-line">
      {agent.demo ? <DemoLabel /> : <Icon name={agent.ready ? 'check' : 'warning'} />}
      <span>
        {agent.demo
          ? 'A built-in script plays the model. No real one is configured.'
          : agent.ready
            ? `Codex is ready${agent.model ? `: ${agent.model}` : ''}`
            : 'Codex cannot work yet'}
      </span>
      {agent.version && <span>Codex {agent.version}</span>}
      <span>
        Sandbox <Visible text={status.sandbox} />
      </span>
      {status.main && (
        <span>
          main <code>{status.main.slice(0, 8)}</code>
        </span>
      )}
    </p>
  );
}

const EXAMPLES = [
  'Change the headline on the home page to "Hello from here"',
  'Make the accent colour plum',
  'Add the line "Open Monday to Friday, 9 to 5" to the footer',
];

function Examples({ examples, onPick }: { examples: readonly string[]; onPick: (prompt: string) => void }) {
  return (
    <ul class="examples">
      {examples.map((example) => (
        <li key={example}>
          <button type="button" class="example" onClick={() => onPick(example)}>
            {example}
          </button>
        </li>
      ))}
    </ul>
  );
}

function FirstRun({ examples, onPick }: { examples: readonly string[]; onPick: (prompt: string) => void }) {
  return (
    <section class="first-run" aria-labelledby="first-run">
      <h2 id="first-run">No runs yet</h2>
      <p>
        Say what should change. Codex edits a worktree of its own, you try the change on a preview, and nothing reaches main before you
        approve it. Perhaps start with one of these:
      </p>
      <Examples examples={examples} onPick={onPick} />
    </section>
  );
}

/** Home: ask for a change, and see what waits for whom. */
export function RunsScreen() {
  const session = useSession();
  const view = useObserved(session.runs.view);
  const status = useObserved(session.status);
  const [selected, setSelected] = useState<string | undefined>();
  const [picked, setPicked] = useState<{ prompt: string } | undefined>();
  const understood = status?.agent.examples ?? [];
  const order = inboxOrder(view.runs);
  const authors = [
    ...new Set([
      ...view.runs.map((run) => run.author),
      ...(view.filter.author ? [view.filter.author] : []),
      ...(status ? [status.you.user] : []),
    ]),
  ].sort();
  const narrowed = JSON.stringify(view.filter) !== JSON.stringify(NO_FILTER);

  const move = (by: number) => {
    const now = selected === undefined ? (by > 0 ? -1 : order.length) : order.indexOf(selected);
    const next = order[Math.max(0, Math.min(order.length - 1, now + by))];
    if (next === undefined) return;
    setSelected(next);
    const link = document.querySelector<HTMLElement>(`[data-run="${next}"] [data-run-link]`);
    link?.focus({ preventScroll: true });
    link?.closest('article')?.scrollIntoView({ block: 'nearest' });
  };
  useShortcuts([
    { key: 'j', words: 'Next run', run: () => move(1) },
    { key: 'k', words: 'Previous run', run: () => move(-1) },
    { key: 'Enter', words: 'Open the run', run: () => selected && goTo({ screen: 'run', id: selected, tab: 'overview' }) },
    {
      key: 'm',
      words: 'Mark read or unread',
      run: () => {
        const run = view.runs.find(({ id }) => id === selected);
        if (run) void session.runs.mark(run, run.unread ? 'read' : 'unread');
      },
    },
    { key: 'n', words: 'Ask for a change', run: () => document.getElementById('prompt')?.focus() },
    { key: '/', words: 'Search runs', run: () => document.getElementById('search')?.focus() },
  ]);

  return (
    <div class="runs-screen">
      <h1 class="cb-hidden">Runs</h1>
      <RequestBox picked={picked} />
      <StatusLine status={status} />
      {understood.length > 0 && view.runs.length > 0 && (
        <details class="understood">
          <summary>What the demo model understands</summary>
          <Examples examples={understood} onPick={(prompt) => setPicked({ prompt })} />
        </details>
      )}
      {view.loaded && (view.runs.length > 0 || narrowed) && <Ideas />}
      {(view.runs.length > 0 || narrowed) && <RunFilters filter={view.filter} authors={authors} onChange={session.runs.filter} />}
      {view.problem && <Note level="error">{view.problem}</Note>}
      {view.loaded && view.runs.length === 0 && !narrowed && !view.problem && (
        <FirstRun examples={(understood.length > 0 ? understood : EXAMPLES).slice(0, 3)} onPick={(prompt) => setPicked({ prompt })} />
      )}
      {view.loaded && view.runs.length === 0 && narrowed && <p class="empty">{nothingListed(view.filter)}</p>}
      {!view.loaded && <p class="empty">Loading the runs…</p>}
      <RunInbox
        runs={view.runs}
        selected={selected}
        hrefOf={(run) => pathOf({ screen: 'run', id: run.id, tab: 'overview' })}
        onOpen={(run, event) => followLink({ screen: 'run', id: run.id, tab: 'overview' })(event)}
      />
      {view.more && (
        <Button kind="quiet" busy={view.loadingMore} onClick={() => session.runs.more()}>
          {view.loadingMore ? 'Loading…' : 'Load more'}
        </Button>
      )}
    </div>
  );
}
