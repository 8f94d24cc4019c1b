import type { Run } from '#shared/run.ts';
import { RunCard } from '#shared/ui/run-card.tsx';

/** The run whose preview the page is, above all others: it is what a person is trying out. */
export function PreviewOf({ run, address, onOpen }: { run: Run; address: string; onOpen: () => void }) {
  return (
    <section class="cb-group cb-preview" aria-labelledby="preview-of">
      <h2 id="preview-of">This page is the preview of</h2>
      <ul>
        <li>
          <RunCard
            run={run}
            href={`${address}/codex/runs/${run.id}`}
            onOpen={(event) => {
              event.preventDefault();
              onOpen();
            }}
          />
        </li>
      </ul>
    </section>
  );
}
