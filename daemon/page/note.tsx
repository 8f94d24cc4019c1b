import { Note } from '#shared/ui/note.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import { followLink } from './navigation.ts';
import { pathOf, type Route } from './route.ts';
import type { ActState } from './use-act.ts';

const LEADS: Readonly<Record<string, string>> = {
  stale: 'The change has moved on.',
  frozen: 'Merging is frozen.',
  lease_lost: 'The slot was taken back before you decided.',
  wrong_state: 'That is no longer possible.',
  forbidden: 'You may not do that.',
  blocked: 'The policy blocks this change.',
  rollback_impossible: 'That release cannot be put back.',
  thread_busy: 'A revision of it is under way.',
  queue_full: 'The queue is full.',
  degraded: 'The daemon cannot do that right now.',
  internal: 'Codex Builder itself failed.',
};

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
        {LEADS[refusal.code] && <strong>{LEADS[refusal.code]} </strong>}
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
