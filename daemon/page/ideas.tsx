import { useObserved } from '#shared/ui/use-observed.ts';
import { DraftRow } from './draft-row.tsx';
import { useDoor, useSession } from './session-context.ts';

/** Follow-ups that agents proposed and nobody has decided on: quiet, and in one place. */
export function Ideas() {
  const session = useSession();
  useObserved(session.runs.view);
  const { value } = useDoor('listDrafts', { query: { limit: 50 } });
  if (!value) return null;
  const { drafts } = value;
  return (
    <details class="ideas">
      <summary>
        Ideas from agents <span class="cb-count">{drafts.length}</span>
      </summary>
      {drafts.length === 0 ? (
        <p class="hint">
          None is waiting. What Codex thinks should follow from its work is kept here until somebody sends or dismisses it; it never starts
          by itself.
        </p>
      ) : (
        <ul class="idea-list">
          {drafts.map((draft) => (
            <DraftRow
              key={`${draft.runId}/${draft.position}`}
              draft={draft}
              from={session.runs.known(draft.runId)?.title ?? 'an earlier run'}
            />
          ))}
        </ul>
      )}
    </details>
  );
}
