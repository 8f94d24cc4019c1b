import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Run } from '#shared/run.ts';
import { useShortcuts } from '#shared/ui/keyboard.ts';
import { Note } from '#shared/ui/note.tsx';
import { isTerminal } from '#shared/ui/run-groups.ts';
import { safeHref } from '#shared/ui/safe-href.ts';
import { ShortcutList } from '#shared/ui/shortcut-list.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { ask } from '../../ask.ts';
import { type Entry, groupInbox } from '../../inbox/inbox-groups.ts';
import { InboxList, inboxOrder } from '../../inbox/inbox-list.tsx';
import { outlineOn } from '../../inbox/outline-on.ts';
import { RunPanel } from '../../inbox/run-panel.tsx';
import { SiteAccessHint, useSiteAccess } from '../../inbox/site-access-note.tsx';
import { UnsentList } from '../../inbox/unsent-list.tsx';
import { type Said, useArchive } from '../../inbox/use-archive.ts';
import { runKey } from '../../run-key.ts';
import { DaemonNotes } from './daemon-notes.tsx';
import { EmptyInbox, NotPaired } from './empty-inbox.tsx';
import { PopupHead } from './popup-head.tsx';
import { PreviewOf } from './preview-of.tsx';
import { type PageParts, usePage } from './use-page.ts';

/** How long an act can be undone from the foot of the list. */
const SAID_MS = 10_000;

interface PopupProps extends PageParts {
  /** It stands in a tab of its own and stays open. */
  keeps: boolean;
}

interface Open {
  daemonId: string;
  runId: string;
}

/** The run inbox: what needs a person, what runs, what failed and what is done, here or everywhere. */
export function PopupPage(props: PopupProps) {
  const { inbox, keeps } = props;
  const view = useObserved(inbox.view);
  const on = usePage(props);
  const isLetIn = useSiteAccess() !== false;
  const [open, setOpen] = useState<Open | undefined>();
  const [selected, setSelected] = useState<string | undefined>();
  const [isListing, setListing] = useState(false);
  const [taken, setTaken] = useState<string | undefined>();
  const daemons = view.daemons ?? [];
  const listed = daemons.filter(({ id }) => view.runs[id] !== undefined);
  const all = listed.map((daemon) => ({ daemon, runs: view.runs[daemon.id]! }));
  const groups = useMemo(() => groupInbox(all), [view]);
  const order = inboxOrder(groups);
  const [said, say] = useState<Said | undefined>();
  useEffect(() => {
    const timer = said && setTimeout(() => say(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const archive = useArchive(inbox, say);
  const outline = () => on.tabId !== undefined && void outlineOn(on.tabId).then((words) => say({ words }));
  const here = view.where === 'page' ? order : [];
  const mayOutline = on.url !== undefined && here.some(({ run }) => !isTerminal(run.state));
  const daemonOf = (daemonId: string) => daemons.find(({ id }) => id === daemonId);

  const select = (entry: Entry | undefined) => {
    setSelected(entry?.key);
    requestAnimationFrame(() => {
      const link = document.querySelector<HTMLElement>('.cb-selected [data-run-link]');
      link?.focus({ preventScroll: true });
      link?.closest('article')?.scrollIntoView({ block: 'nearest' });
    });
  };
  const at = order.findIndex(({ key }) => key === selected);
  const entry = order[at];
  const move = (by: number) => {
    const next = at < 0 ? (by > 0 ? 0 : order.length - 1) : at + by;
    if (next >= order.length && view.more) inbox.more();
    select(order[Math.max(0, Math.min(order.length - 1, next))]);
  };
  const openRun = (daemonId: string, runId: string) => {
    setSelected(runKey(daemonId, runId));
    setOpen({ daemonId, runId });
  };
  const openPreview = async ({ daemonId, run }: Entry) => {
    const asked = await ask('open_preview', { daemonId, runId: run.id });
    if (!asked.ok || !asked.value.ok)
      say({ words: asked.ok && !asked.value.ok ? asked.value.message : 'The preview was not opened. Try again.' });
  };
  const close = () => {
    setOpen(undefined);
    select(order.find(({ key }) => open && key === runKey(open.daemonId, open.runId)) ?? entry);
  };
  const isFree = () => !(document.activeElement instanceof HTMLButtonElement || document.activeElement instanceof HTMLSelectElement);
  useShortcuts(
    open
      ? [{ key: '?', words: 'Show this list', run: () => setListing(true) }]
      : [
          { key: 'j', words: 'Next run', run: () => move(1) },
          { key: 'k', words: 'Previous run', run: () => move(-1) },
          { key: 'ArrowDown', words: 'Next run', silent: true, run: () => move(1) },
          { key: 'ArrowUp', words: 'Previous run', silent: true, run: () => move(-1) },
          {
            key: 'Enter',
            words: 'Open the run',
            when: () => entry !== undefined && isFree(),
            run: () => openRun(entry!.daemonId, entry!.run.id),
          },
          {
            key: 'e',
            words: 'Archive an ended run',
            when: () => entry !== undefined,
            run: () => {
              archive.put(entry!);
              if (isTerminal(entry!.run.state)) select(order[at + 1] ?? order[at - 1]);
            },
          },
          {
            key: 'u',
            words: 'Mark read or unread',
            when: () => entry !== undefined,
            run: () => void inbox.mark(entry!.daemonId, entry!.run, entry!.run.unread ? 'read' : 'unread'),
          },
          {
            key: 'o',
            words: 'Open the preview',
            when: () => safeHref(entry?.run.previewUrl) !== undefined,
            run: () => void openPreview(entry!),
          },
          {
            key: 'g',
            words: 'Go to the run’s own page',
            when: () => entry !== undefined,
            run: () => void ask('open_page', { daemonId: entry!.daemonId, runId: entry!.run.id }),
          },
          {
            key: 'p',
            words: 'This page, or all',
            when: () => view.sight?.daemonId !== undefined,
            run: () => inbox.show(view.where === 'page' ? 'all' : 'page'),
          },
          { key: 'l', words: 'Outline on the page', when: () => mayOutline, run: outline },
          { key: 'i', words: 'Unread only', run: () => inbox.showUnread(!view.unreadOnly) },
          { key: '?', words: 'Show this list', run: () => setListing(true) },
        ],
  );

  if (view.daemons === undefined) return <main class="popup opening">Opening…</main>;
  if (daemons.length === 0) {
    return (
      <main class="popup">
        {!isLetIn && <SiteAccessHint />}
        <NotPaired />
        <UnsentList unsent={view.unsent} daemons={daemons} taken={taken} onTaken={setTaken} />
      </main>
    );
  }
  // Paired anew meanwhile: the run goes on under the pairing that took the place of the one it was opened under.
  const holder = open && (daemonOf(open.daemonId) ?? daemons.find(({ id }) => inbox.known(id, open.runId)))?.id;
  if (open && holder !== undefined) {
    return (
      <main class="popup popup-run">
        <RunPanel
          key={holder}
          inbox={inbox}
          daemonId={holder}
          runId={open.runId}
          onBack={close}
          onRun={(run: Run) => openRun(holder, run.id)}
          onArchive={(run: Run) => {
            archive.put({ key: runKey(holder, run.id), daemonId: holder, run });
            close();
          }}
        />
        {isListing && <ShortcutList onClose={() => setListing(false)} />}
      </main>
    );
  }
  const previewOf = view.sight?.daemonId && view.sight.previewOf ? inbox.known(view.sight.daemonId, view.sight.previewOf) : undefined;
  return (
    <main class="popup">
      <PopupHead inbox={inbox} on={on} keeps={keeps} onHelp={() => setListing(true)} onOutline={mayOutline ? outline : undefined} />
      <div class={`popup-body ${view.where === 'page' ? 'popup-here' : ''}`}>
        {!isLetIn && <SiteAccessHint />}
        <DaemonNotes daemons={view.where === 'page' ? listed : daemons} status={view.status} />
        <UnsentList unsent={view.unsent} daemons={daemons} taken={taken} onTaken={setTaken} />
        {view.problem && (
          <Note level="error">
            <p>{view.problem}</p>
          </Note>
        )}
        {previewOf && view.where === 'page' && (
          <PreviewOf
            run={previewOf}
            address={daemonOf(view.sight!.daemonId!)?.address ?? ''}
            onOpen={() => openRun(view.sight!.daemonId!, previewOf.id)}
          />
        )}
        <InboxList
          groups={groups}
          selected={selected}
          hrefOf={({ daemonId, run }) => `${daemonOf(daemonId)?.address}/codex/runs/${run.id}`}
          onOpen={({ daemonId, run }) => openRun(daemonId, run.id)}
        />
        {order.length === 0 && <EmptyInbox inbox={inbox} />}
        {view.more && (
          <button type="button" class="cb-quiet load-more" aria-busy={view.loadingMore} onClick={() => inbox.more()}>
            {view.loadingMore ? 'Loading…' : 'Load older runs'}
          </button>
        )}
      </div>
      <p class="toast" role="status">
        {said && (
          <>
            <span>{said.words}</span>
            {said.undo && (
              <button type="button" class="cb-quiet" onClick={said.undo}>
                Undo
              </button>
            )}
          </>
        )}
      </p>
      {isListing && <ShortcutList onClose={() => setListing(false)} />}
    </main>
  );
}
