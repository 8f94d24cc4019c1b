import { Visible } from '#shared/ui/visible.tsx';
import type { LogLine } from '../ansi.ts';

/** Lines of a log. What a terminal would have hidden is flagged and can be read. */
export function LogLines({ lines, from }: { lines: readonly LogLine[]; from: number }) {
  return (
    <>
      {lines.map((line, index) => (
        <div class="log-line" key={from + index}>
          {line.hidden !== '' && (
            <details class="log-hidden">
              <summary title="A terminal would not have shown this">hidden output</summary>
              <Visible text={line.hidden} />
            </details>
          )}
          {line.spans.map((span) =>
            span.style === '' ? (
              <Visible text={span.text} />
            ) : (
              <span class={span.style}>
                <Visible text={span.text} />
              </span>
            ),
          )}
          {'\n'}
        </div>
      ))}
    </>
  );
}
