import { Icon } from '#shared/ui/icon.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { ask } from '../../ask.ts';
import { browser } from '../../browser.ts';
import type { Inbox, Where } from '../../inbox/inbox-store.ts';
import type { OpenedOn } from '../../inbox/page-source.ts';

const PLACES: readonly { where: Where; words: string }[] = [
  { where: 'page', words: 'This page' },
  { where: 'all', words: 'All' },
];

/** Where the popup looks, and the way to everything around it. */
export function PopupHead({
  inbox,
  on,
  keeps,
  onHelp,
  onOutline,
}: {
  inbox: Inbox;
  on: OpenedOn;
  keeps: boolean;
  onHelp: () => void;
  /** Undefined where there is nothing to outline. */
  onOutline: (() => void) | undefined;
}) {
  const { where, sight, daemons, runs, unreadOnly } = useObserved(inbox.view);
  const unread = Object.values(runs).flatMap((each) => each.filter((run) => run.unread)).length;
  const noPage = on.why ?? (sight?.daemonId === undefined ? 'It is not clear which app this page belongs to.' : undefined);
  const app = daemons?.find(({ id }) => id === sight?.daemonId)?.app;
  return (
    <header class="popup-head">
      <h1 class="cb-hidden">Runs</h1>
      <div class="bar">
        <fieldset class="switch">
          <legend class="cb-hidden">Which runs</legend>
          {PLACES.map(({ where: each, words }) => (
            <label key={each} class={each === 'page' && noPage ? 'switch-off' : ''} title={each === 'page' ? noPage : undefined}>
              <input
                type="radio"
                name="where"
                checked={where === each}
                disabled={each === 'page' && noPage !== undefined}
                onChange={() => inbox.show(each)}
              />
              <span>{words}</span>
            </label>
          ))}
        </fieldset>
        <button
          type="button"
          class="toggle"
          aria-pressed={unreadOnly}
          title="Unread only (I)"
          onClick={() => inbox.showUnread(!unreadOnly)}
        >
          Unread{unread > 0 && <span class="cb-count">{unread}</span>}
        </button>
        <span class="grow" />
        {onOutline && (
          <button
            type="button"
            class="icon-button"
            title="Outline on the page what active runs are about (L)"
            aria-label="Outline on the page"
            onClick={onOutline}
          >
            <Icon name="eye" />
          </button>
        )}
        <button type="button" class="icon-button" title="Keyboard (?)" aria-label="Keyboard" onClick={onHelp}>
          ?
        </button>
        {!keeps && (
          <button
            type="button"
            class="icon-button"
            title="Keep it open in a tab"
            aria-label="Keep it open in a tab"
            onClick={() => void browser.tabs.create({ url: `/popup.html?tab=${on.tabId ?? 0}` }).then(() => window.close())}
          >
            <Icon name="external" />
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          title="Options"
          aria-label="Options"
          onClick={() => void ask('open_options', {}).then(() => !keeps && window.close())}
        >
          <Icon name="settings" />
        </button>
      </div>
      <p class="place">
        {on.why !== undefined ? (
          on.why
        ) : where === 'page' && sight?.path !== undefined ? (
          <>
            <code class="cb-route">
              <Visible text={sight.path} />
            </code>
            {app !== undefined && (
              <span>
                of <Visible text={app} />
              </span>
            )}
          </>
        ) : sight?.daemonId === undefined && sight !== undefined ? (
          'This page may belong to several apps. Press the key on it and pick one, or name its place in the options.'
        ) : (
          'Runs on every page'
        )}
      </p>
    </header>
  );
}
