import type { RunDetail } from '#shared/api.ts';
import type { Diff } from '#shared/review.ts';
import { statText } from './diff-text.ts';
import { checksText, policyText, rowsText, standingText } from './run-text.ts';

/** What a person approves, in words: the commit, its files, its checks, and what stands against it. */
export function approvalText({ run, answer, standing }: RunDetail, diff: Diff): string {
  const rows: [string, string | undefined][] = [
    ['Commit', `${diff.head.slice(0, 10)} on ${diff.base.slice(0, 10)}`],
    ['Agent', answer?.summary],
    ['Risks', answer?.risks.join('\n')],
    ['Checks', checksText(run)],
    ['Policy', policyText(run)],
    ['Migration', run.hasMigrations === true ? 'it changes the database' : undefined],
    ['main', standing === undefined ? undefined : standingText(standing)],
    ['Preview', run.previewUrl],
  ];
  const said = rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '');
  return `${run.id}  ${run.title}\n${rowsText(said)}${statText(diff)}`;
}
