import { Note } from '#shared/ui/note.tsx';
import { REFUSAL_LEADS } from '#shared/ui/refusal-leads.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { followLink } from './navigation.ts';
import { pathOf, type Route } from './route.ts';
import type { ActState } from './use-act.ts';

/** What became of an act, when there is something to say. */
export function ActNote({ state }: { state: ActState }) {
  if (state.is === 'unsent') {
    return (
      <Note level="warn">
        <p>Not sent yet. It is sent once, as soon as the daemon is back.</p>
      </Note>
    );
  }
  if (state.is !== 'refused') return null;
  const { refusal } = state;
  const inTheWay = refusal.details?.['runId'];
  const about: Route | undefined = typeof inTheWay === 'string' ? { screen: 'run', id: inTheWay, tab: 'overview' } : undefined;
  return (
    <Note level="error">
      <p>
        {REFUSAL_LEADS[refusal.code] && <strong>{REFUSAL_LEADS[refusal.code]} </strong>}
        <Visible text={refusal.message} />{' '}
        {about && (
          <a href={pathOf(about)} onClick={followLink(about)}>
            Open that run
          </a>
        )}
      </p>
    </Note>
  );
}
