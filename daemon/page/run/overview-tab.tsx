import type { RunDetail } from '#shared/api.ts';
import type { Draft, Preview, Run } from '#shared/run.ts';
import type { SourceCandidate } from '#shared/source.ts';
import { PolicyReasons } from '#shared/ui/policy-reasons.tsx';
import { duration } from '#shared/ui/relative-time.ts';
import { isTerminal } from '#shared/ui/run-groups.ts';
import { safeHref } from '#shared/ui/safe-href.ts';
import { DemoLabel } from '#shared/ui/state-pill.tsx';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { Visible, VisibleBlock } from '#shared/ui/visible.tsx';
import { Card } from '../card.tsx';
import { DraftRow } from '../draft-row.tsx';
import { followLink } from '../navigation.ts';
import { useDoor } from '../session-context.ts';
import { AfterDeploy } from './after-deploy.tsx';
import { CheckLine } from './check-line.tsx';
import { AskedFor } from './relatives.tsx';

function Points({ title, points }: { title: string; points: readonly string[] }) {
  if (points.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="points">
        {points.map((point) => (
          <li key={point}>
            <Visible text={point} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** What the agent left out, as drafts that only a person sends. */
function FollowUps({ drafts }: { drafts: readonly Draft[] }) {
  if (drafts.length === 0) return null;
  return (
    <>
      <h3>Left for later</h3>
      <ul class="idea-list">
        {drafts.map((draft) => (
          <DraftRow key={draft.position} draft={draft} />
        ))}
      </ul>
    </>
  );
}

function Summary({ detail }: { detail: RunDetail }) {
  const { answer, run, attempts } = detail;
  const last = attempts.at(-1);
  return (
    <Card title="What Codex says it did">
      {run.demo && answer && (
        <p>
          <DemoLabel /> No real model wrote this.
        </p>
      )}
      {answer ? (
        <>
          <p class="prose">
            <VisibleBlock text={answer.summary} />
          </p>
          <Points title="How to verify" points={answer.howToVerify} />
          <Points title="Risks" points={answer.risks} />
          <FollowUps drafts={detail.drafts} />
          <p class="hint">These are the agent's own words. The diff and the checks are the evidence.</p>
        </>
      ) : (
        <p class="hint">
          {last?.detail ? (
            <VisibleBlock text={last.detail} />
          ) : last?.state === 'running' ? (
            'It is still working. Its log is live in the Log tab.'
          ) : run.relation === 'revert' ? (
            'No agent worked on this. It takes the change of the earlier run back.'
          ) : run.relation === 'restore' ? (
            'No agent worked on this. It is the commit of the earlier run.'
          ) : (
            'Nothing yet.'
          )}
        </p>
      )}
    </Card>
  );
}

const HEALTH: Record<Preview['health'], string> = {
  starting: 'Starting',
  healthy: 'Healthy',
  unhealthy: 'Not healthy',
  stopped: 'Stopped',
};

function PreviewCard({ run }: { run: Run }) {
  const { value: preview } = useDoor('getPreview', run.slot && !isTerminal(run.state) ? { params: { id: run.id } } : undefined);
  if (!preview) return null;
  const href = safeHref(preview.url);
  return (
    <Card title="Preview">
      <dl class="facts">
        <dt>Address</dt>
        <dd>
          {href && preview.health !== 'stopped' ? (
            <a href={href} target="_blank" rel="noopener noreferrer">
              {href}
            </a>
          ) : (
            preview.url
          )}
        </dd>
        <dt>Health</dt>
        <dd class={preview.health === 'unhealthy' ? 'cb-text-bad' : ''}>{HEALTH[preview.health]}</dd>
        {preview.commit && (
          <>
            <dt>Commit</dt>
            <dd>
              <code>{preview.commit.slice(0, 8)}</code>
            </dd>
          </>
        )}
        <dt>Data</dt>
        <dd>
          {preview.data.kind === 'none' ? (
            'None'
          ) : (
            <>
              Own SQLite copy{preview.data.seedVersion && `, seed ${preview.data.seedVersion.slice(0, 12)}`}
              {preview.data.resetAt && (
                <>
                  , reset <TimeAgo at={preview.data.resetAt} />
                </>
              )}
            </>
          )}
        </dd>
        {preview.data.migrations.map((migration) => (
          <>
            <dt>Migration</dt>
            <dd class={migration.status === 'applied' ? '' : 'cb-text-bad'}>
              <Visible text={migration.name} /> {migration.status === 'timed_out' ? 'ran out of time' : migration.status} in{' '}
              {duration(migration.durationMs)}
              {migration.error && (
                <pre>
                  <VisibleBlock text={migration.error} />
                </pre>
              )}
            </dd>
          </>
        ))}
      </dl>
    </Card>
  );
}

function ChecksCard({ run }: { run: Run }) {
  const { value } = useDoor('getChecks', { params: { id: run.id } });
  if (!value || value.checks.length === 0) return null;
  return (
    <Card title="Checks">
      <ul class="check-lines">
        {value.checks.map((check) => (
          <li key={check.stage + check.name}>
            <CheckLine check={check} />
          </li>
        ))}
      </ul>
      <a href={`/codex/runs/${run.id}/checks`} onClick={followLink({ screen: 'run', id: run.id, tab: 'checks' })}>
        Logs and commands
      </a>
    </Card>
  );
}

function Figures({ detail }: { detail: RunDetail }) {
  const { run, attempts, approvals } = detail;
  const commits = [
    ['Base', run.baseCommit],
    ['Head', run.headCommit],
    ['Merge', run.mergeCommit],
  ] as const;
  return (
    <Card title="Record">
      <dl class="facts">
        {commits.map(
          ([name, commit]) =>
            commit && (
              <>
                <dt>{name}</dt>
                <dd>
                  <code title={commit}>{commit.slice(0, 8)}</code>
                </dd>
              </>
            ),
        )}
        <dt>Tokens</dt>
        <dd>
          {run.usage.inputTokens.toLocaleString('en')} in, {run.usage.outputTokens.toLocaleString('en')} out
          {run.usage.costUsd !== undefined && `, $${run.usage.costUsd.toFixed(2)}`}
        </dd>
        {attempts.length > 0 && (
          <>
            <dt>Attempts</dt>
            <dd>
              {attempts.map((attempt) => (
                <div key={attempt.number}>
                  {attempt.number}: {attempt.state}
                  {attempt.endedAt && ` after ${duration(Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt))}`}
                </div>
              ))}
            </dd>
          </>
        )}
        {approvals.map((approval) => (
          <>
            <dt>Approved</dt>
            <dd>
              {approval.actor}
              {approval.selfApproved && ' (own run)'}, <code>{approval.headCommit.slice(0, 8)}</code>, <TimeAgo at={approval.at} />
            </dd>
          </>
        ))}
      </dl>
    </Card>
  );
}

const SURE = { exact: 'In the code', likely: 'Likely in the code', guess: 'Perhaps in the code' } as const;

function FoundIn({ candidates }: { candidates: readonly SourceCandidate[] }) {
  if (candidates.length === 0) return <div class="muted">Where it is in the code was not found.</div>;
  return (
    <>
      {candidates.slice(0, 3).map(({ file, line, confidence, why }) => (
        <div key={`${file}:${line}`} title={why}>
          {SURE[confidence]}:{' '}
          <code>
            <Visible text={line === undefined ? file : `${file}:${line}`} />
          </code>
        </div>
      ))}
    </>
  );
}

function Captured({ detail }: { detail: RunDetail }) {
  const { context, sources } = detail;
  if (!context) return null;
  return (
    <Card title="Where it was asked">
      <dl class="facts">
        <dt>Page</dt>
        <dd>
          <code>
            <Visible text={detail.run.route ?? context.url} />
          </code>
          {context.title && (
            <div>
              <Visible text={context.title} />
            </div>
          )}
        </dd>
        {context.elements?.map((element, at) => (
          <>
            <dt>Element</dt>
            <dd>
              <code>
                <Visible text={element.selector} />
              </code>
              {element.note && (
                <div>
                  <Visible text={element.note} />
                </div>
              )}
              {sources && <FoundIn candidates={sources.elements[at]?.candidates ?? []} />}
            </dd>
          </>
        ))}
      </dl>
    </Card>
  );
}

/** What one needs to decide without opening anything else. */
export function OverviewTab({ detail }: { detail: RunDetail }) {
  const { run } = detail;
  return (
    <div class="overview">
      <div class="overview-main">
        <AfterDeploy run={run} />
        {detail.comments && <AskedFor comments={detail.comments} run={run} />}
        <Summary detail={detail} />
        {run.policy && run.state !== 'needs_approval' && (
          <Card title="Policy">
            <PolicyReasons policy={run.policy} />
          </Card>
        )}
        <Captured detail={detail} />
      </div>
      <div class="overview-side">
        <PreviewCard run={run} />
        <ChecksCard run={run} />
        <Figures detail={detail} />
      </div>
    </div>
  );
}
