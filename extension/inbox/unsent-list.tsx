import { useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { Visible, VisibleBlock } from '#shared/ui/visible.tsx';
import { ask } from '../ask.ts';
import type { DaemonView, UnsentView } from '../messages.ts';

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

/** The words of a request that was taken back: nothing that was written is lost by it. */
function TakenBack({ prompt, onClose }: { prompt: string; onClose: () => void }) {
  const [copy, setCopy] = useState('Copy');
  return (
    <div class="in-place" role="status">
      <p>Taken back. It was not sent. These were its words:</p>
      <p class="prompt">
        <VisibleBlock text={prompt} />
      </p>
      <div class="row">
        <Button
          onClick={() =>
            navigator.clipboard.writeText(prompt).then(
              () => setCopy('Copied'),
              () => setCopy('The browser does not let us: select the words'),
            )
          }
        >
          {copy}
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Close
        </Button>
      </div>
    </div>
  );
}

/** Requests that no daemon has acknowledged, why each waits and, with `starts`, the command that helps. Nothing while there are none. */
export function UnsentList({
  unsent,
  daemons,
  taken,
  onTaken,
  starts = false,
}: {
  unsent: readonly UnsentView[];
  daemons: readonly DaemonView[];
  /** Words that were taken back; whoever shows the list keeps them while it is out of sight. */
  taken: string | undefined;
  onTaken: (prompt: string | undefined) => void;
  starts?: boolean;
}) {
  if (unsent.length === 0 && taken === undefined) return null;
  return (
    <section class="unsent" aria-labelledby="unsent-title">
      <h2 id="unsent-title">Waiting to be sent</h2>
      {taken !== undefined && <TakenBack prompt={taken} onClose={() => onTaken(undefined)} />}
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
            {starts && <Command daemon={daemons.find(({ id }) => id === entry.daemonId)} />}
            <Button
              onClick={() =>
                void ask('take_back', { key: entry.key }).then((asked) => {
                  if (asked.ok && asked.value) onTaken(asked.value.prompt);
                })
              }
            >
              Take back
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
