import { Note } from '#shared/ui/note.tsx';
import { REFUSAL_LEADS } from '#shared/ui/refusal-leads.ts';
import { Visible } from '#shared/ui/visible.tsx';
import type { ActState } from './use-run-act.ts';

/** What became of an act, when there is something to say. */
export function ActNote({ state }: { state: ActState }) {
  if (state.is === 'unsent') {
    return (
      <Note level="warn">
        <p role="status">The daemon did not answer. It is sent again, once, as soon as the daemon is back and this stays open.</p>
      </Note>
    );
  }
  if (state.is !== 'refused') return null;
  return (
    <Note level="error">
      <p>
        {REFUSAL_LEADS[state.code] && <strong>{REFUSAL_LEADS[state.code]} </strong>}
        <Visible text={state.message} />
      </p>
    </Note>
  );
}
