import type { ReviewComments } from '#shared/run.ts';
import type { Handler } from '../command.ts';
import { statText } from '../diff-text.ts';
import { atDoor, door, tell, wholeNumber } from '../door.ts';
import { must } from '../door-call.ts';
import { runId } from '../find-run.ts';
import { sayOrWait } from '../follow-run.ts';
import { runWords } from '../lines.ts';
import { EXIT, UsageError } from '../outcome.ts';
import { visible } from '../visible.ts';
import { needsSomebody } from '../wait.ts';

/** Every decision on a change but the approval. */
export const reject: Handler<'reject'> = door(
  async (call) => {
    const [, ...words] = call.words;
    if (call.flags.reason !== undefined && words.length > 0) throw new UsageError('Give the reason once: after the run, or with --reason.');
    const reason = (call.flags.reason ?? words.join(' ')).trim();
    if (reason === '') throw new UsageError('Say why, in quotes after the run.');
    return call.daemon.client.call('rejectRun', { params: { id: await runId(call) }, body: { reason } });
  },
  ({ run }) => runWords(run),
);

export const send: Handler<'send'> = door(
  async (call) => {
    const [, ...words] = call.words;
    const text = words.join(' ').trim();
    if (text === '') throw new UsageError('Say something, in quotes after the run.');
    const { attempt } = call.flags;
    return call.daemon.client.call('sendMessage', {
      params: { id: await runId(call) },
      body: { text, ...(attempt === undefined ? {} : { attempt: wholeNumber('attempt', attempt) }) },
    });
  },
  ({ run }) => `${run.id}  was told. It is the next turn of its thread.\n`,
);

export const revise: Handler<'revise'> = atDoor(async (call) => {
  const { flags } = call;
  const [, ...words] = call.words;
  const text = words.join(' ').trim();
  const comments = (flags.comment ?? []).map(commentOf);
  if (text === '' && comments.length === 0 && flags.resolve !== true)
    throw new UsageError('Say what should change: in quotes after the run, or with --comment FILE:LINE:TEXT.');
  const id = await runId(call);
  const body = { comments, ...(text === '' ? {} : { text }), ...(flags.resolve === true ? { resolve: true } : {}) };
  const { run } = must(await call.daemon.client.call('reviseRun', { params: { id }, body }));
  return sayOrWait(call, run, flags.wait === true ? needsSomebody : undefined);
});

/** `file:line:text`, or `file::text` for the whole file. */
function commentOf(given: string): ReviewComments['comments'][number] {
  const [, file, line, text] = /^(.+?):(\d*):\s*(\S.*)$/s.exec(given) ?? [];
  if (file === undefined || text === undefined)
    throw new UsageError(`--comment is FILE:LINE:TEXT, or FILE::TEXT for a whole file, not "${given}".`);
  if (line === '0') throw new UsageError(`--comment: lines count from 1, in "${given}".`);
  return { file, ...(line === '' ? {} : { line: Number(line) }), text };
}

export const apply: Handler<'apply'> = atDoor(async (call) => {
  const { flags, terminal, daemon } = call;
  const id = await runId(call);
  if (flags.yes !== true) {
    const { run } = must(await daemon.client.call('getRun', { params: { id } }));
    if (run.reason?.code === 'PATCH_PROPOSED') {
      const diff = must(await daemon.client.call('getDiff', { params: { id } }));
      if (flags.json !== true) terminal.err(`${visible(run.id)}  ${visible(run.title)}\n${statText(visible(diff))}`);
      if (terminal.ask === undefined || flags.json === true) {
        tell(call, { code: 'not_asked', message: 'Nothing was applied, because nobody could be asked.' }, 'Give --yes to apply this.');
        return EXIT.refused;
      }
      if (!(await terminal.ask('\nApply this patch?'))) {
        terminal.err('Nothing was applied.\n');
        return EXIT.refused;
      }
    }
  }
  const { run } = must(await daemon.client.call('applyRun', { params: { id }, body: {} }));
  // The wait for the patch itself is over, although the run is not shown to have moved yet.
  return sayOrWait(call, run, flags.wait === true ? (seen) => seen.state !== 'planning' && needsSomebody(seen) : undefined);
});
