import { useState } from 'preact/hooks';
import { Button } from '#shared/ui/button.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import { ask } from '../../ask.ts';
import { normalPattern, PATTERN_HINT } from '../../choose-daemon.ts';
import { WordsNote } from '../../inbox/words-note.tsx';
import type { DaemonView } from '../../messages.ts';

const STATE_WORDS: Readonly<Record<DaemonView['link'], string>> = {
  ready: 'Connected',
  connecting: 'Connecting…',
  offline: 'Not running',
  impostor: 'Not trusted',
  unpaired: 'Not paired any more',
  revoked: 'Revoked',
  version: 'Another version',
  forbidden: 'Refused',
};

function Patterns({ daemon }: { daemon: DaemonView }) {
  const [text, setText] = useState(daemon.patterns.join('\n'));
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const wrong = lines.filter((line) => normalPattern(line) === undefined);
  const isSaved = JSON.stringify(lines.map(normalPattern)) === JSON.stringify(daemon.patterns);
  return (
    <div class="field">
      <label for={`patterns-${daemon.id}`}>Other places of this app, one a line</label>
      <textarea
        id={`patterns-${daemon.id}`}
        rows={Math.max(2, lines.length + 1)}
        value={text}
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
        aria-describedby={`patterns-hint-${daemon.id}`}
      />
      <p id={`patterns-hint-${daemon.id}`} class="hint">
        {wrong.length > 0 ? `“${wrong[0]}” is no place. ${PATTERN_HINT}.` : `Production and previews are known. ${PATTERN_HINT}.`}
      </p>
      {!isSaved && (
        <Button
          blocked={wrong.length > 0 ? 'Mend the line first.' : undefined}
          onClick={() => void ask('set_patterns', { daemonId: daemon.id, patterns: lines })}
        >
          Save places
        </Button>
      )}
    </div>
  );
}

function DaemonRow({ daemon }: { daemon: DaemonView }) {
  const [asking, setAsking] = useState(false);
  const tone = daemon.link === 'ready' ? 'good' : daemon.link === 'connecting' ? 'neutral' : 'bad';
  return (
    <li>
      <h3>
        <Visible text={daemon.app ?? daemon.address} />
        <span class={`cb-pill cb-tone-${tone}`}>{STATE_WORDS[daemon.link]}</span>
      </h3>
      <p class="facts">
        {daemon.app && `${daemon.address} · `}this browser is “<Visible text={daemon.deviceName} />”
        {daemon.user && `, used by ${daemon.user} (${daemon.role})`}
      </p>
      {daemon.words && daemon.link !== 'connecting' && <WordsNote words={daemon.words} level="warn" />}
      <Patterns daemon={daemon} />
      {asking ? (
        <>
          <p>
            This browser forgets the pairing. To have the daemon forget it too, revoke “{daemon.deviceName}” in its settings. Requests that
            wait stay here.
          </p>
          <div class="row">
            <Button kind="danger" onClick={() => void ask('unpair', { daemonId: daemon.id })}>
              Unpair {daemon.app ?? daemon.address}
            </Button>
            <Button kind="quiet" onClick={() => setAsking(false)}>
              Keep it
            </Button>
          </div>
        </>
      ) : (
        <div class="row">
          {daemon.link !== 'ready' && <Button onClick={() => void ask('retry', { daemonId: daemon.id })}>Try now</Button>}
          <Button onClick={() => void ask('open_page', { daemonId: daemon.id })}>Open its page</Button>
          <Button onClick={() => setAsking(true)}>Unpair…</Button>
        </div>
      )}
    </li>
  );
}

/** The daemons this browser is paired with, how each stands and where it belongs. */
export function DaemonList({ daemons }: { daemons: readonly DaemonView[] }) {
  return (
    <section aria-labelledby="daemons-title">
      <h2 id="daemons-title">Paired with</h2>
      <ul>
        {daemons.map((daemon) => (
          <DaemonRow key={daemon.id} daemon={daemon} />
        ))}
      </ul>
    </section>
  );
}
