import { useState } from 'preact/hooks';
import type { RunDetail } from '#shared/api.ts';
import type { Check } from '#shared/check.ts';
import { Visible, VisibleBlock } from '#shared/ui/visible.tsx';
import { useDoor } from '../session-context.ts';
import { CheckLine } from './check-line.tsx';
import { LogView } from './log-view.tsx';

function CheckRow({ check, detail }: { check: Check; detail: RunDetail }) {
  const [open, setOpen] = useState(check.status === 'failed' || check.status === 'timed_out');
  const log = detail.logs.find((known) => known.name === check.log);
  return (
    <details class="expander" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <CheckLine check={check} />
      </summary>
      {open && (
        <div class="expanded">
          {check.detail && (
            <p>
              <VisibleBlock text={check.detail} />
            </p>
          )}
          {check.command && (
            <code class="command">
              <Visible text={check.command} />
            </code>
          )}
          {check.log ? (
            <LogView runId={detail.run.id} name={check.log} bytes={log?.bytes} ended={log?.finished} />
          ) : (
            <p class="hint">It has no log.</p>
          )}
        </div>
      )}
    </details>
  );
}

/** The checks of the branch and of the merge, each with its log. */
export function ChecksTab({ detail }: { detail: RunDetail }) {
  const { value, problem } = useDoor('getChecks', { params: { id: detail.run.id } });
  if (!value) return <p class="empty">{problem?.message ?? 'Loading the checks…'}</p>;
  if (value.checks.length === 0) return <p class="empty">No check has been planned yet. They start when there is a commit.</p>;
  const stages = (['branch', 'gate'] as const).map((stage) => ({ stage, checks: value.checks.filter((check) => check.stage === stage) }));
  return (
    <>
      {stages
        .filter(({ checks }) => checks.length > 0)
        .map(({ stage, checks }) => (
          <section key={stage} class="list-section">
            <h2>{stage === 'branch' ? 'On the branch' : 'On the merge with main'}</h2>
            {checks.map((check) => (
              <CheckRow key={`${check.name}/${check.status === 'failed'}`} check={check} detail={detail} />
            ))}
          </section>
        ))}
    </>
  );
}
