import type { Handler } from '../command.ts';
import { door, limitOf, linesOf, word } from '../door.ts';
import { runLine } from '../lines.ts';

export const request: Handler<'request'> = door(
  ({ client, words }) => client.call('createRun', { body: { prompt: words.join(' ') || word(words, 'change') } }),
  ({ run }, { url }) => `${run.id}  ${run.title}\n${url}/codex/runs/${run.id}\n`,
);

export const runs: Handler<'runs'> = door(
  ({ client, flags }) => client.call('listRuns', { query: limitOf(flags) }),
  (reply) => linesOf(reply.runs.map(runLine), 'No runs yet.'),
);

export const show: Handler<'show'> = door(
  ({ client, words }) => client.call('getRun', { params: { id: word(words, 'run') } }),
  ({ run, answer }, { url }) =>
    linesOf(
      [
        runLine(run),
        ...(run.reason === undefined ? [] : [`  ${run.reason.message} ${run.reason.remedy ?? ''}`]),
        ...(run.previewUrl === undefined ? [] : [`  preview ${run.previewUrl}`]),
        ...(answer === undefined ? [] : [`  ${answer.summary}`]),
        `  ${url}/codex/runs/${run.id}`,
      ],
      '',
    ),
);

export const cancel: Handler<'cancel'> = door(
  ({ client, words }) => client.call('cancelRun', { params: { id: word(words, 'run') }, body: {} }),
  ({ run }) => `${runLine(run)}\n`,
);
