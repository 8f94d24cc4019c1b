import { REASONS } from '../reasons.ts';
import type { Run } from '../run.ts';
import { Eta } from './eta.tsx';
import { Icon } from './icon.tsx';
import { relationWords } from './relation-words.ts';
import { isTerminal } from './run-groups.ts';
import { safeHref } from './safe-href.ts';
import { DemoLabel, StatePill } from './state-pill.tsx';
import { TimeAgo } from './time-ago.tsx';
import { Visible } from './visible.tsx';

/** Cause and particulars of a reason in one line; the particulars alone when they already say the cause. */
export function reasonLine({ code, message }: NonNullable<Run['reason']>): string {
  const { cause } = REASONS[code];
  return message === '' || message.startsWith(cause) ? message || cause : `${cause} ${message}`;
}

/** One line under the title: why it waits or ended, else what is going on. */
export function runLine(run: Run): string | undefined {
  if (run.reason) return reasonLine(run.reason).replaceAll(/\s*\n\s*/g, ' ');
  if (isTerminal(run.state) || run.state === 'needs_approval' || !run.stage) return undefined;
  return run.stage[0]!.toUpperCase() + run.stage.slice(1);
}

function Checks({ checks }: { checks: Run['checks'] }) {
  if (checks.total === 0) return null;
  const tone = checks.failed > 0 ? 'bad' : checks.passed === checks.total ? 'good' : 'neutral';
  const words = `${checks.passed} of ${checks.total} checks passed${checks.failed > 0 ? `, ${checks.failed} failed` : ''}`;
  return (
    <span class={`cb-fact cb-text-${tone}`} title={words}>
      <Icon name={checks.failed > 0 ? 'cross' : 'check'} />
      <span class="cb-hidden">{words}</span>
      <span aria-hidden="true">
        {checks.passed}/{checks.total}
      </span>
    </span>
  );
}

/** A run in a list: state, title, what it waits for, and the facts that tell it from its neighbours. */
export function RunCard({
  run,
  href,
  onOpen,
  selected = false,
  app,
}: {
  run: Run;
  href: string;
  onOpen: (event: MouseEvent) => void;
  selected?: boolean;
  /** Whose run it is, where runs of several apps stand together. */
  app?: string | undefined;
}) {
  const line = runLine(run);
  const preview = safeHref(run.previewUrl);
  return (
    <article class={`cb-run ${selected ? 'cb-selected' : ''} ${run.unread ? 'cb-unread' : ''}`} data-run={run.id}>
      <div class="cb-run-state">
        <StatePill run={run} />
      </div>
      <div class="cb-run-main">
        <h3>
          <a href={href} onClick={onOpen} data-run-link>
            {run.unread && <span class="cb-hidden">Unread: </span>}
            <Visible text={run.title} />
          </a>
          {run.demo && <DemoLabel />}
        </h3>
        {line && (
          <p class={`cb-run-line ${run.state === 'failed' ? 'cb-text-bad' : ''}`}>
            <Visible text={line} />
          </p>
        )}
        <p class="cb-run-facts">
          {app !== undefined && (
            <span class="cb-fact">
              <Visible text={app} />
            </span>
          )}
          {run.route && (
            <code class="cb-route">
              <Visible text={run.route} />
            </code>
          )}
          <span>{run.author}</span>
          <TimeAgo at={run.createdAt} />
          {run.priority !== 'normal' && <span class="cb-fact">{run.priority} priority</span>}
          {run.relation && <span>{relationWords(run.relation).name.toLowerCase()}</span>}
          {run.safeMode && <span class="cb-fact">safe mode</span>}
          <Eta run={run} />
          <Checks checks={run.checks} />
          {run.filesChanged !== undefined && run.filesChanged > 0 && (
            <span>
              {run.filesChanged} {run.filesChanged === 1 ? 'file' : 'files'}
            </span>
          )}
          {run.hasMigrations && <span class="cb-fact cb-text-attention">migration</span>}
          {run.slot && !isTerminal(run.state) && (
            <span class="cb-fact">
              {preview ? (
                <a href={preview} target="_blank" rel="noopener noreferrer">
                  {run.slot}
                  <Icon name="external" />
                  <span class="cb-hidden">, opens the preview in a new tab</span>
                </a>
              ) : (
                run.slot
              )}
            </span>
          )}
        </p>
      </div>
    </article>
  );
}
