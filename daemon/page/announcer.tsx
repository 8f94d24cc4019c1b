import { useEffect, useState } from 'preact/hooks';
import { STATE_WORDS } from '#shared/ui/state-words.ts';
import { useObserved } from '#shared/ui/use-observed.ts';
import { visibleString } from '#shared/ui/visible-text.ts';
import { browserStorage, readJson } from './kept.ts';
import { useSession } from './session-context.ts';

/** Name of the setting under which a person asked for notifications of this browser. */
export const NOTIFY_PLACE = 'codex-builder.notify';

/** Says state changes to those who do not see them: politely in the page, and as a notification when it is hidden. */
export function Announcer() {
  const session = useSession();
  const heard = useObserved(session.heard);
  const { runs } = useObserved(session.runs.view);
  const [words, setWords] = useState('');
  useEffect(() => {
    const proposed = heard?.event.type === 'patch.proposed';
    if (!heard?.event.to || (heard.event.to === heard.event.from && !proposed)) return;
    const { runId, to } = heard.event;
    const title = visibleString(runs.find((run) => run.id === runId)?.title ?? 'A new run');
    const label = proposed ? 'Patch proposed' : STATE_WORDS[to].label;
    setWords(`${title}: ${label}`);
    const wanted = readJson(browserStorage, NOTIFY_PLACE) === true && 'Notification' in globalThis && Notification.permission === 'granted';
    if (wanted && document.hidden && (proposed || to === 'needs_approval' || to === 'failed')) {
      new Notification(label, { body: title, tag: runId });
    }
  }, [heard]);
  return (
    <p class="cb-hidden" role="status" aria-live="polite">
      {words}
    </p>
  );
}
