import type { RunDetail } from '#shared/api.ts';
import type { Diff } from '#shared/review.ts';
import { Icon } from '#shared/ui/icon.tsx';
import { PolicyReasons } from '#shared/ui/policy-reasons.tsx';
import { standingWords } from '#shared/ui/standing-words.ts';
import { Visible, VisibleBlock } from '#shared/ui/visible.tsx';
import type { Answer } from './use-door.ts';

const NAMED = 8;

function Files({ diff, onAll }: { diff: Answer<Diff>; onAll: () => void }) {
  const { value, problem } = diff;
  if (!value) return <p class="hint">{problem ?? 'Reading the change…'}</p>;
  if (value.files.length === 0) return <p class="hint">No file differs.</p>;
  return (
    <ul class="files">
      {value.files.slice(0, NAMED).map((file) => (
        <li key={file.path}>
          <code>
            <Visible text={file.path} />
          </code>
          {file.status !== 'modified' && <span class="hint">{file.status.replace('_', ' ')}</span>}
          {file.binary ? (
            <span class="hint">binary</span>
          ) : (
            <span class="counts">
              <span class="cb-text-good">+{file.additions}</span> <span class="cb-text-bad">−{file.deletions}</span>
            </span>
          )}
        </li>
      ))}
      {value.files.length > NAMED && (
        <li>
          <button type="button" class="cb-quiet" onClick={onAll}>
            and {value.files.length - NAMED} more, on the run’s page
          </button>
        </li>
      )}
    </ul>
  );
}

function checksWords({ checks }: RunDetail['run']): string {
  const { passed, failed, total } = checks;
  if (total === 0) return 'No checks ran';
  return `${passed} of ${total} checks passed${failed > 0 ? `, ${failed} failed` : ''}`;
}

/** Everything that is said yes or no to: what Codex says it did, what differs, how it was checked and what the policy says. */
export function ChangeFacts({ detail, diff, onAll }: { detail: RunDetail; diff: Answer<Diff>; onAll: () => void }) {
  const { run, answer, standing } = detail;
  const summary = answer?.summary ?? detail.attempts.at(-1)?.summary;
  return (
    <div class="change">
      {summary && (
        <p class="prose">
          <VisibleBlock text={summary} />
        </p>
      )}
      {/* Above the files: below them it would be out of sight beside a button that approves. */}
      <PolicyReasons policy={run.policy} />
      <Files diff={diff} onAll={onAll} />
      <ul class="points">
        <li class={run.checks.failed > 0 ? 'cb-text-bad' : ''}>
          <Icon name={run.checks.failed > 0 ? 'cross' : 'check'} />
          {checksWords(run)}
        </li>
        {run.headCommit && (
          <li>
            <Icon name="branch" />
            <span>
              Commit <code>{run.headCommit.slice(0, 8)}</code>
            </span>
          </li>
        )}
        {standing && (
          <li class={standing.merges === 'conflicts' ? 'cb-text-bad' : ''}>
            <Icon name={standing.merges === 'conflicts' ? 'cross' : 'check'} />
            {standingWords(standing)}
          </li>
        )}
        {standing?.shares.map((share) => (
          <li key={share.runId}>
            <Icon name="info" />
            <span>
              “<Visible text={share.title} />” changes {share.files.length === 1 ? 'a file' : `${share.files.length} files`} of it too
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
