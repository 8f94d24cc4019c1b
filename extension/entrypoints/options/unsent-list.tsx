import { Button } from '#shared/ui/button.tsx';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import { ask } from '../../ask.ts';
import type { DaemonView, UnsentView } from '../../messages.ts';

function whyWaiting({ state, daemonId }: UnsentView, daemons: readonly DaemonView[]): string {
  if (state.is !== 'waiting') return state.message;
  const daemon = daemons.find(({ id }) => id === daemonId);
  if (!daemon) return 'Its daemon is no longer paired. Pair with it again and it is sent.';
  return daemon.words ? `${daemon.words.title}. It is sent once, as soon as the daemon is back.` : 'Being sent…';
}

function Command({ daemon }: { daemon: DaemonView | undefined }) {
  return daemon?.words?.command ? (
    <p>
      <code class="command">{daemon.words.command}</code>
    </p>
  ) : null;
}

/** Requests that no daemon has acknowledged: why each waits, and the command that helps. */
export function UnsentList({ unsent, daemons }: { unsent: readonly UnsentView[]; daemons: readonly DaemonView[] }) {
  return (
    <section aria-labelledby="unsent-title">
      <h2 id="unsent-title">Waiting to be sent</h2>
      <ul>
        {unsent.map((entry) => (
          <li key={entry.key}>
            <p class="prompt">
              <Visible text={entry.prompt} />
            </p>
            <p class="facts">
              <TimeAgo at={new Date(entry.at).toISOString()} />
              {entry.pictures > 0 && ` · ${entry.pictures === 1 ? 'a picture' : `${entry.pictures} pictures`}`} ·{' '}
              <Visible text={whyWaiting(entry, daemons)} />
            </p>
            <Command daemon={daemons.find(({ id }) => id === entry.daemonId)} />
            <Button onClick={() => void ask('take_back', { key: entry.key })}>Discard</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
