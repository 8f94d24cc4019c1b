import type { RunEvent } from '../run.ts';
import { eventWords, gapWords, worthTelling } from './event-words.ts';
import { clockTime } from './relative-time.ts';
import { Visible, VisibleBlock } from './visible.tsx';

/** What happened to a run, oldest first, in words. */
export function Timeline({ events }: { events: readonly RunEvent[] }) {
  const told = worthTelling(events);
  return (
    <ol class="cb-timeline">
      {told.map((event, index) => {
        const words = eventWords(event);
        const before = told[index - 1];
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
            <span class="cb-timeline-time">
              {gap && <span>{gap}</span>}
              <time dateTime={event.at} title={new Date(event.at).toLocaleString()}>
                {clockTime(event.at)}
              </time>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
