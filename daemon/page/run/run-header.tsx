import type { Run } from '#shared/run.ts';
import { Icon } from '#shared/ui/icon.tsx';
import { isTerminal } from '#shared/ui/run-groups.ts';
import { DemoLabel, StatePill } from '#shared/ui/state-pill.tsx';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { Visible } from '#shared/ui/visible.tsx';
import { followLink } from '../navigation.ts';
import { ParentLink } from './relatives.tsx';

/** What a run is called and what tells it from others, and the way back to all of them. */
export function RunHeader({ run, onUnread }: { run: Run; onUnread: () => void }) {
  return (
    <header class="run-header">
      <div class="run-bar">
        <a class="back" href="/codex" onClick={followLink({ screen: 'runs' })} title="All runs (U)">
          <Icon name="back" />
          Runs
        </a>
        <button type="button" class="cb-quiet" onClick={onUnread} title="Mark it unread, for you alone, and go back (M)">
          Mark unread
        </button>
      </div>
      <div class="run-title">
        <h1>
          <Visible text={run.title} />
        </h1>
        <StatePill run={run} />
        {run.demo && <DemoLabel />}
        {run.archivedAt && <span class="cb-count">Archived</span>}
      </div>
      <p class="cb-run-facts">
        {run.route && (
          <code class="cb-route">
            <Visible text={run.route} />
          </code>
        )}
        <span>{run.author}</span>
        <TimeAgo at={run.createdAt} />
        <code title={run.branch}>{run.branch.length > 24 ? `${run.branch.slice(0, 14)}…${run.branch.slice(-6)}` : run.branch}</code>
        {run.slot && !isTerminal(run.state) && <span>{run.slot}</span>}
        {run.safeMode && <span>safe mode</span>}
        <ParentLink run={run} />
      </p>
    </header>
  );
}
