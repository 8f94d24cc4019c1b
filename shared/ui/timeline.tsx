import type { RunEvent } from '../run.ts';
import { eventWords, gapWords } from './event-words.ts';
import { TimeAgo } from './time-ago.tsx';
import { Visible, VisibleBlock } from './visible.tsx';

/** What happened to a run, oldest first, in words. */
export function Timeline({ events }: { events: readonly RunEvent[] }) {
  return (
    <ol class="cb-timeline">
      {events.map((event, index) => {
        const words = eventWords(event);
        const before = events[index - 1];
        const gap = before && gapWords(before.at, event.at);
        return (
          <li key={event.seq} class={`cb-tone-${words.tone}`}>
            <span class="cb-timeline-dot" aria-hidden="true" />
            <div class="cb-timeline-body">
              <p>
                <Visible text={words.text} />
              </p>
              {words.detail && (
                <p class="cb-timeline-detail">
                  <VisibleBlock text={words.detail} />
                </p>
              )}
            </div>
            <span class="cb-timeline-time" title={gap}>
              <TimeAgo at={event.at} />
            </span>
          </li>
        );
      })}
    </ol>
  );
}
