import { Timeline } from '#shared/ui/timeline.tsx';
import { useDoor } from '../session-context.ts';

/** What happened, in words; new facts arrive by themselves. */
export function TimelineTab({ runId }: { runId: string }) {
  const { value, problem } = useDoor('getRunEvents', { params: { id: runId } });
  if (!value) return <p class="empty">{problem?.message ?? 'Loading the timeline…'}</p>;
  if (value.events.length === 0) return <p class="empty">Nothing has happened yet.</p>;
  return <Timeline events={value.events} />;
}
