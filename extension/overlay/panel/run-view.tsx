import type { Run } from '#shared/run.ts';
import { Button } from '#shared/ui/button.tsx';
import { Eta } from '#shared/ui/eta.tsx';
import { Icon } from '#shared/ui/icon.tsx';
import { runLine } from '#shared/ui/run-card.tsx';
import { isTerminal } from '#shared/ui/run-groups.ts';
import { RunSteps } from '#shared/ui/run-steps.tsx';
import { stateWords } from '#shared/ui/state-words.ts';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { useSeen } from '#shared/ui/use-seen.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { ask } from '../../ask.ts';
import type { RunLook } from '../../messages.ts';
import type { Shell } from '../contract.ts';
import { Changes } from './changes.tsx';
import { Decision } from './decision.tsx';
import type { RunDesk } from './run-desk.ts';
import type { RunViewParts } from './run-view-parts.ts';

/** One run as it goes: how far it is, what happened last, and what can be done about it here. */
export function RunView({ run, daemon, desk, shell, isUnseen }: RunViewParts) {
  const { looks } = useObserved(desk.state);
  useSeen(run, run, daemon?.link === 'ready', (seen) => desk.seen(seen));
  const found = looks[run.id];
  const look = found && 'version' in found ? found : undefined;
  const problem = found && 'problem' in found ? found.problem : undefined;
  const works = !isTerminal(run.state) && run.state !== 'needs_approval';
  // While it works there is always a line for what it does and one for what it did: a button below must not move under a press.
  const line = runLine(run) ?? (works || run.state === 'merged' ? stateWords(run).meaning : undefined);
  // Nothing is decided before what changed is there; and it would push the buttons away under a press.
  const isReading = run.state === 'needs_approval' && found === undefined;
  // How a person's own no came about they know; what helps after a failure they may not.
  const remedy = isTerminal(run.state) && run.state !== 'failed' ? undefined : run.reason?.remedy;
  return (
    <div class="run-view">
      <RunSteps run={run} />
      {line !== undefined && (
        <p class={`run-now ${run.state === 'failed' ? 'cb-text-bad' : ''}`}>
          <Visible text={line} />{' '}
          {remedy !== undefined && (
            <span class="quiet">
              <Visible text={remedy} />
            </span>
          )}{' '}
          <span class="eta">
            <Eta run={run} />
          </span>
        </p>
      )}
      {works && <LastEvent last={look?.last} />}
      {!isTerminal(run.state) && daemon?.words && daemon.link !== 'connecting' && (
        <p class="run-now cb-text-attention">{daemon.words.title}. What you see is how it stood before.</p>
      )}
      {isUnseen && !isTerminal(run.state) && (
        <p class="run-now cb-text-attention">
          This page was loaded from an earlier run’s preview.{' '}
          <button type="button" class="cb-quiet" onClick={(event) => shell.isReal(event) && location.reload()}>
            Reload it
          </button>{' '}
          to see this one.
        </p>
      )}
      {problem !== undefined && <p class="run-now cb-text-bad">{problem}</p>}
      {isReading && <p class="run-now">Reading what changed…</p>}
      {run.state === 'needs_approval' && !isReading && <Changes run={run} look={look} />}
      {!isReading && (
        <Decision run={run} daemon={daemon} look={look} desk={desk} shell={shell} isUnseen={isUnseen}>
          {run.previewUrl !== undefined && !isTerminal(run.state) && daemon && <PreviewButton run={run} desk={desk} shell={shell} />}
          {daemon && (
            <Button
              kind="quiet"
              onClick={(event) => shell.isReal(event) && void ask('open_page', { daemonId: daemon.id, runId: run.id })}
              title="Diff, log and everything else, on the daemon’s own page"
            >
              Details
              <Icon name="external" />
            </Button>
          )}
        </Decision>
      )}
    </div>
  );
}

function PreviewButton({ run, desk, shell }: { run: Run; desk: RunDesk; shell: Shell }) {
  return (
    <Button onClick={(event) => shell.isReal(event) && void desk.openPreview(run)}>
      Open Preview
      <Icon name="external" />
    </Button>
  );
}

/** What happened last, in one line. */
function LastEvent({ last }: { last: RunLook['last'] }) {
  return (
    <p class={`run-last ${last ? `cb-tone-${last.tone}` : ''}`}>
      {last && (
        <>
          <span>
            <Visible text={last.text} />
          </span>
          <TimeAgo at={last.at} />
        </>
      )}
    </p>
  );
}
