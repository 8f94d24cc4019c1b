import type { CommandRecord } from '#shared/review.ts';
import { ago, duration } from '#shared/ui/relative-time.ts';
import type { Handler } from '../command.ts';
import { door, linesOf } from '../door.ts';
import { runId } from '../find-run.ts';
import { rowsText } from '../run-text.ts';

/** What one can look at beside the diff. */
export const checks: Handler<'checks'> = door(
  async (call) => call.daemon.client.call('getChecks', { params: { id: await runId(call) } }),
  (reply, { terminal }) =>
    linesOf(
      reply.checks.map(({ name, status, stage, required, startedAt, endedAt, detail, log }) => {
        const took = startedAt === undefined || endedAt === undefined ? '' : duration(Date.parse(endedAt) - Date.parse(startedAt));
        const word = terminal.paint(
          status === 'passed' ? 'green' : status === 'failed' || status === 'timed_out' ? 'red' : 'dim',
          status.padEnd(9),
        );
        const rest = [
          required ? '' : 'optional',
          detail === undefined || detail === 'exit code 0' ? '' : detail,
          log === undefined || status === 'passed' ? '' : `log ${log}`,
        ]
          .filter((text) => text !== '')
          .join('; ');
        return `  ${word}  ${(stage === 'gate' ? 'on the merge' : 'on the branch').padEnd(13)}  ${took.padStart(8)}  ${name}${rest === '' ? '' : `  (${rest})`}`;
      }),
      'No check has run.',
    ),
);

export const commands: Handler<'commands'> = door(
  async (call) => call.daemon.client.call('getCommands', { params: { id: await runId(call) } }),
  (reply, { flags }) =>
    linesOf(
      reply.commands.map(({ tool, command, exitCode, durationMs, refused, output }) => {
        const end = refused === undefined ? (exitCode === undefined ? '' : `exit ${exitCode}`) : 'refused';
        const first = `  ${end.padEnd(8)}  ${(durationMs === undefined ? '' : duration(durationMs)).padStart(8)}  ${wordsOf(tool, command).replaceAll('\n', '\n                      ')}`;
        const why = refused === undefined ? '' : `\n                      ${refused}`;
        return flags.output === true && output !== undefined ? `${first}${why}\n${output}` : `${first}${why}`;
      }),
      'The agent has run no command.',
    ),
);

/** A patch is told by the files it names; the diff has the rest. */
function wordsOf(tool: CommandRecord['tool'], command: string): string {
  if (tool !== 'patch') return command.trimEnd();
  const files = [...command.matchAll(/^\*\*\* (Add|Update|Delete) File: (.+)$/gm)].map(
    ([, what, path]) => `${what!.toLowerCase()} ${path}`,
  );
  return files.length === 0 ? command.trimEnd() : `patch: ${files.join(', ')}`;
}

export const preview: Handler<'preview'> = door(
  async (call) => call.daemon.client.call('getPreview', { params: { id: await runId(call) } }),
  ({ url, slot, commit, health, startedAt, data }) => {
    const applied = data.migrations.map(({ name, status }) => `${name} ${status}`);
    return `${url}\n${rowsText([
      ['Health', `${health}${startedAt === undefined ? '' : `, started ${ago(startedAt, Date.now())}`}`],
      ['Slot', slot],
      ['Commit', commit?.slice(0, 10) ?? 'not there yet'],
      [
        'Data',
        data.kind === 'none' ? 'none' : `${data.kind}${data.resetAt === undefined ? '' : `, reset ${ago(data.resetAt, Date.now())}`}`,
      ],
      ...(applied.length === 0 ? [] : [['Migrations', applied.join('\n')] as const]),
    ])}`;
  },
);
