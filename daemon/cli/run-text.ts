import type { RunDetail } from '#shared/api.ts';
import type { Run, Standing } from '#shared/run.ts';
import { ago, duration } from '#shared/ui/relative-time.ts';
import { runWords } from './lines.ts';

/** A run with what its agent said and what a person must know of it, in words. */
export function runText({ run, answer, attempts, approvals, standing, logs, messages, drafts, children, comments }: RunDetail): string {
  const rows: [string, string][] = [['Asked', `${run.author}, ${ago(run.createdAt, Date.now())}`]];
  const add = (what: string, value: string | undefined) => {
    if (value !== undefined && value !== '') rows.push([what, value]);
  };
  if (run.prompt.trim() !== run.title) add('Prompt', run.prompt.trim());
  if (run.endedAt === undefined)
    add('Stage', `${run.stage ?? ''}${run.queuePosition === undefined ? '' : `, number ${run.queuePosition} in the queue`}`);
  add('Route', run.route);
  add('From', run.parentRunId === undefined ? undefined : `${run.relation ?? 'after'} of ${run.parentRunId}`);
  add(
    'Asked to change',
    comments === undefined
      ? undefined
      : [
          ...comments.comments.map(
            ({ file, line, text }) => `${file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `}${text}`,
          ),
          comments.text ?? '',
        ]
          .filter((text) => text !== '')
          .join('\n'),
  );
  add('Agent', answer?.summary);
  add('Risks', answer?.risks.join('\n'));
  add('Try', answer?.howToVerify.join('\n'));
  add(
    'Commit',
    run.headCommit === undefined
      ? undefined
      : `${run.headCommit.slice(0, 10)}${run.baseCommit === undefined ? '' : ` on ${run.baseCommit.slice(0, 10)}`}, branch ${run.branch}`,
  );
  add(
    'Files',
    run.filesChanged === undefined
      ? undefined
      : `${run.filesChanged} changed${run.hasMigrations === true ? ', with a database migration' : ''}`,
  );
  add('Checks', checksText(run));
  add('Policy', policyText(run));
  add('main', standing === undefined ? undefined : standingText(standing));
  add(
    'Attempts',
    attempts.length === 0
      ? undefined
      : attempts
          .map(
            ({ number, state, startedAt, endedAt, detail }) =>
              `${number} ${state}${endedAt === undefined ? '' : ` after ${duration(Date.parse(endedAt) - Date.parse(startedAt))}`}${detail === undefined ? '' : `: ${detail}`}`,
          )
          .join('\n'),
  );
  add(
    'Tokens',
    run.usage.inputTokens + run.usage.outputTokens === 0
      ? undefined
      : `${run.usage.inputTokens} in, ${run.usage.outputTokens} out${run.usage.costUsd === undefined ? '' : `, $${run.usage.costUsd.toFixed(4)}`}`,
  );
  add('Said', messages.map(({ actor, text }) => `${actor}: ${text}`).join('\n'));
  add(
    'Approved',
    approvals.map(({ actor, headCommit, at }) => `${headCommit.slice(0, 10)} by ${actor}, ${ago(at, Date.now())}`).join('\n'),
  );
  add(
    'Merged',
    run.mergeCommit === undefined
      ? undefined
      : `${run.mergeCommit.slice(0, 10)}${run.releaseId === undefined ? '' : `, release ${run.releaseId}`}`,
  );
  add('Follow-ups', drafts.map(({ position, text, state }) => `${position}. ${text}${state === 'open' ? '' : ` (${state})`}`).join('\n'));
  add('Led to', children.map((child) => `${child.relation ?? 'follow-up'} ${child.id}  ${child.state}`).join('\n'));
  add('Logs', logs.map(({ name }) => name).join(' '));
  return `${runWords(run)}${rowsText(rows)}`;
}

/** Rows of a name and its value; further lines of a value stand under its first. */
export function rowsText(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([what]) => what.length));
  return rows.map(([what, value]) => `  ${what.padEnd(width)}  ${value.split('\n').join(`\n${' '.repeat(width + 4)}`)}\n`).join('');
}

/** The checks of a run, counted. */
export function checksText({ checks }: Run): string | undefined {
  if (checks.total === 0) return undefined;
  const other = [...(checks.failed > 0 ? [`${checks.failed} failed`] : []), ...(checks.running > 0 ? [`${checks.running} running`] : [])];
  return `${checks.passed} of ${checks.total} passed${other.length === 0 ? '' : `, ${other.join(', ')}`}`;
}

/** The verdict on a run and the reasons for it. */
export function policyText({ policy }: Run): string | undefined {
  if (policy === undefined) return undefined;
  const verdict = {
    clear: 'nothing stands against it',
    manual_approval_required: 'look at this before you approve',
    blocked: 'cannot be approved',
  };
  return [
    verdict[policy.verdict],
    ...policy.reasons.map(({ message, paths }) => `${message}${paths.length === 0 ? '' : ` (${paths.join(', ')})`}`),
  ].join('\n');
}

/** How a run stands with today's main. */
export function standingText({ behind, merges, conflicts, shares }: Standing): string {
  const lines = [
    behind === 0
      ? 'has not moved since'
      : `is ${behind} ${behind === 1 ? 'commit' : 'commits'} ahead of it by now; ${merges === 'clean' ? 'it merges cleanly' : `it conflicts in ${conflicts.join(', ')}`}`,
  ];
  for (const { runId, title, files } of shares) lines.push(`${runId} (${title}) changes ${files.join(', ')} too`);
  return lines.join('\n');
}
