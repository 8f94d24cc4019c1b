import { Icon } from '#shared/ui/icon.tsx';
import { stateWords } from '#shared/ui/state-words.ts';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import type { Shell } from '../contract.ts';
import type { CaptureDesk } from './capture-desk.ts';
import { Footer } from './footer.tsx';
import type { Note, PanelStore } from './panel-state.ts';
import type { RunDesk } from './run-desk.ts';
import { RunList } from './run-list.tsx';
import { WhatIsSent } from './sent.tsx';
import { Unpaired } from './unpaired.tsx';
import { UnsentRows } from './unsent-rows.tsx';

export interface BelowParts {
  store: PanelStore;
  shell: Shell;
  desk: RunDesk;
  capture: CaptureDesk;
  onTakeBack(key: string): void;
}

/** What became of requests, and what stands in the way of the next. */
export function Below({ store, shell, desk, capture, onTakeBack }: BelowParts) {
  const { view, note, sending } = useObserved(store);
  if (!view) return null;
  const daemon = store.daemon();
  const shown = store.shownRun();
  return (
    <>
      {/* Told when it changes; the rest of this is read when it is wanted. */}
      <p class="cb-hidden" role="status">
        {sending.length > 0 ? 'Sending' : shown ? `${stateWords(shown).label}: ${shown.title}` : ''}
      </p>
      <WhatIsSent capture={capture} shell={shell} daemonId={daemon?.link === 'ready' ? daemon.id : undefined} />
      {note && <Said note={note} />}
      {view.daemons.length === 0 && <Unpaired shell={shell} />}
      {daemon?.words && view.unsent.length === 0 && daemon.link !== 'connecting' && <Said note={{ level: 'warn', ...daemon.words }} />}
      <UnsentRows sending={sending} unsent={view.unsent} daemons={view.daemons} shell={shell} onTakeBack={onTakeBack} />
      <RunList store={store} desk={desk} shell={shell} />
      <Footer
        daemon={daemon}
        shell={shell}
        onChange={daemon && view.daemons.length > 1 ? () => store.change({ isPicking: true }) : undefined}
      />
    </>
  );
}

function Said({ note: { level, title, text, command } }: { note: Note }) {
  return (
    <div class={`said said-${level}`}>
      <Icon name={level === 'error' ? 'cross' : 'warning'} />
      <div>
        <strong>{title}</strong>
        {text !== '' && (
          <p>
            <Visible text={text} />
          </p>
        )}
        {command !== undefined && <code class="command">{command}</code>}
      </div>
    </div>
  );
}
