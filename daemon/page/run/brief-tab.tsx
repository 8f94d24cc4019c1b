import type { RunDetail } from '#shared/api.ts';
import { VisibleBlock } from '#shared/ui/visible.tsx';

/** Word for word what the agent was told. */
export function BriefTab({ detail }: { detail: RunDetail }) {
  if (!detail.brief) return <p class="empty">The brief is written when the run gets a slot.</p>;
  return (
    <>
      <p class="hint">Word for word what the agent was told. Text from the page is fenced as data.</p>
      <pre class="brief">
        <VisibleBlock text={detail.brief} />
      </pre>
    </>
  );
}
