import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { Icon, type IconName } from '#shared/ui/icon.tsx';
import { currentShortcuts, useShortcuts } from '#shared/ui/keyboard.ts';
import { Note } from '#shared/ui/note.tsx';
import { groupOf } from '#shared/ui/run-groups.ts';
import { DemoLabel } from '#shared/ui/state-pill.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { Announcer } from './announcer.tsx';
import type { KeptDevice } from './device.ts';
import { followHistory, followLink, goTo, route } from './navigation.ts';
import { pathOf, type Route } from './route.ts';
import { PairingScreen } from './screens/pairing-screen.tsx';
import { ReleasesScreen } from './screens/releases-screen.tsx';
import { RunScreen } from './screens/run-screen.tsx';
import { RunsScreen } from './screens/runs-screen.tsx';
import { SettingsScreen } from './screens/settings-screen.tsx';
import { SlotsScreen } from './screens/slots-screen.tsx';
import { useSession } from './session-context.ts';

const PLACES: readonly { to: Route; words: string; icon: IconName; key: string }[] = [
  { to: { screen: 'runs' }, words: 'Runs', icon: 'runs', key: 'G' },
  { to: { screen: 'slots' }, words: 'Slots', icon: 'slots', key: 'S' },
  { to: { screen: 'releases' }, words: 'Releases', icon: 'releases', key: 'L' },
  { to: { screen: 'settings' }, words: 'Settings', icon: 'settings', key: ',' },
];

function Screen({ at }: { at: Route }) {
  switch (at.screen) {
    case 'runs':
      return <RunsScreen />;
    case 'run':
      return <RunScreen key={at.id} id={at.id} tab={at.tab} />;
    case 'slots':
      return <SlotsScreen />;
    case 'releases':
      return <ReleasesScreen />;
    case 'settings':
      return <SettingsScreen />;
    case 'nowhere':
      return (
        <div class="empty">
          <h1>Nothing here</h1>
          <p>
            <code>
              <Visible text={at.path} />
            </code>{' '}
            is not a page of Codex Builder. <a href="/codex">Go to the runs</a>.
          </p>
        </div>
      );
  }
}

/** Says that the daemon is away and how old what is shown is. Short breaks pass unmentioned. */
function ConnectionBar() {
  const state = useObserved(useSession().link.state);
  const [late, setLate] = useState(false);
  const away = state.is === 'offline' || state.is === 'connecting';
  useEffect(() => {
    setLate(false);
    if (!away) return undefined;
    const timer = setTimeout(() => setLate(true), 700);
    return () => clearTimeout(timer);
  }, [away]);
  return (
    <div class="connection" role="status">
      {away && late && (
        <p>
          <Icon name="progress" />
          {state.is === 'offline' ? (
            <span>
              <strong>Not connected.</strong> Trying again… What you see is as of {new Date(state.since).toLocaleTimeString()}.
            </span>
          ) : (
            <span>Connecting…</span>
          )}
        </p>
      )}
    </div>
  );
}

function ShortcutList({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="shortcuts" aria-labelledby="shortcuts-title" onClose={onClose}>
      <h2 id="shortcuts-title">Keyboard</h2>
      <dl>
        {currentShortcuts().map((shortcut) => (
          <div key={shortcut.key}>
            <dt>
              <kbd>{shortcut.key}</kbd>
            </dt>
            <dd>{shortcut.words}</dd>
          </div>
        ))}
      </dl>
      <Button onClick={() => dialog.current?.close()}>Close</Button>
    </dialog>
  );
}

/** The frame around every screen: where one can go, who the model is, how the link stands. */
export function App({ onPaired }: { onPaired: (device: KeptDevice) => void }) {
  const session = useSession();
  const link = useObserved(session.link.state);
  const status = useObserved(session.status);
  const { runs } = useObserved(session.runs.view);
  const at = useObserved(route);
  const [listing, setListing] = useState(false);
  const needsYou = runs.filter((run) => groupOf(run) === 'needs_you').length;

  useEffect(followHistory, []);
  const app = status?.app ?? 'Codex Builder';
  const place = PLACES.find(({ to }) => to.screen === at.screen);
  useEffect(() => {
    if (at.screen !== 'run') document.title = `${needsYou > 0 ? `(${needsYou}) ` : ''}${place?.words ?? 'Codex Builder'} · ${app}`;
  }, [needsYou, place, app, at.screen]);
  useShortcuts([
    ...PLACES.map(({ to, words, key }) => ({ key: key.toLowerCase(), words: `Go to ${words.toLowerCase()}`, run: () => goTo(to) })),
    { key: '?', words: 'Show this list', run: () => setListing(true) },
  ]);

  if (link.is === 'unpaired' || link.is === 'revoked' || link.is === 'version' || link.is === 'impostor') {
    return <PairingScreen why={link.is} onPaired={onPaired} />;
  }
  return (
    <div class="app">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="side">
        <div class="brand">
          <a href="/codex" onClick={followLink({ screen: 'runs' })}>
            <Visible text={app} />
          </a>
          {status?.agent.demo && <DemoLabel />}
        </div>
        <nav aria-label="Main">
          {PLACES.map(({ to, words, icon, key }) => {
            const current = to.screen === at.screen || (to.screen === 'runs' && at.screen === 'run');
            return (
              <a
                key={words}
                href={pathOf(to)}
                onClick={followLink(to)}
                aria-current={current ? 'page' : undefined}
                title={`${words} (${key})`}
              >
                <Icon name={icon} />
                <span>{words}</span>
                {to.screen === 'runs' && needsYou > 0 && (
                  <span class="badge">
                    <span class="cb-hidden">, </span>
                    {needsYou}
                    <span class="cb-hidden"> need you</span>
                  </span>
                )}
              </a>
            );
          })}
        </nav>
        {status && (
          <p class="who">
            <span>
              {status.you.user} · {status.you.role}
            </span>
            <button type="button" class="cb-quiet" onClick={() => setListing(true)} title="Keyboard (?)">
              Keyboard <kbd>?</kbd>
            </button>
          </p>
        )}
      </header>
      <ConnectionBar />
      <main id="main" tabIndex={-1}>
        {status?.banners
          .filter((banner) => banner.level !== 'info' || at.screen === 'runs')
          .map((banner) => (
            <Note key={banner.text} level={banner.level}>
              <p>
                <Visible text={banner.text} />
              </p>
            </Note>
          ))}
        <Screen at={at} />
      </main>
      <Announcer />
      {listing && <ShortcutList onClose={() => setListing(false)} />}
    </div>
  );
}
