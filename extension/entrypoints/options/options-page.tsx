import { useEffect, useState } from 'preact/hooks';
import { watch } from '../../ask.ts';
import { SiteAccessNote, useSiteAccess } from '../../inbox/site-access-note.tsx';
import { UnsentList } from '../../inbox/unsent-list.tsx';
import { type DaemonView, type InboxNotice, type UnsentView, WATCH } from '../../messages.ts';
import { DaemonList } from './daemon-list.tsx';
import { KeySettings } from './key-settings.tsx';
import { NoticeForm } from './notice-form.tsx';
import { PairForm } from './pair-form.tsx';

/** Which daemons this browser is paired with, what waits for them, and when the overlay opens. */
export function OptionsPage() {
  const [daemons, setDaemons] = useState<readonly DaemonView[] | undefined>();
  const [unsent, setUnsent] = useState<readonly UnsentView[]>([]);
  const [taken, setTaken] = useState<string | undefined>();
  const isLetIn = useSiteAccess() !== false;
  useEffect(
    () =>
      watch<InboxNotice>(WATCH, (update) => {
        if (update.type === 'daemons') setDaemons(update.daemons);
        if (update.type === 'unsent') setUnsent(update.unsent);
      }),
    [],
  );
  if (daemons === undefined) return <main class="options opening">Opening…</main>;
  return (
    <main class="options">
      <header>
        <h1>Codex Builder</h1>
        <p class="hint">Press the key on any page, say what should change. It is sent to your own daemon and nowhere else.</p>
      </header>
      {!isLetIn && <SiteAccessNote />}
      <UnsentList unsent={unsent} daemons={daemons} taken={taken} onTaken={setTaken} starts />
      {daemons.length > 0 && <DaemonList daemons={daemons} />}
      <PairForm isFirst={daemons.length === 0} isLetIn={isLetIn} />
      <KeySettings />
      <NoticeForm />
    </main>
  );
}
