import { ago } from '#shared/ui/relative-time.ts';
import type { Handler } from '../command.ts';
import { door, limitOf, linesOf } from '../door.ts';
import type { DoorCall } from '../door-call.ts';
import { runId } from '../find-run.ts';
import { runWords } from '../lines.ts';
import { UsageError } from '../outcome.ts';

/** Follow-ups that agents proposed. */
export const drafts: Handler<'drafts'> = (call) => {
  const verb = call.words[0] ?? 'list';
  if (verb === 'send') return sendDraft(call);
  return verb === 'dismiss' ? dismissDraft(call) : listDrafts(call);
};

const listDrafts: Handler<'drafts'> = door(
  ({ daemon, flags }) => daemon.client.call('listDrafts', { query: limitOf(flags) }),
  (reply) =>
    linesOf(
      reply.drafts.map(({ runId: run, position, text, at }) => `${run} ${position}  ${ago(at, Date.now()).padEnd(10)}  ${text}`),
      'No follow-ups are proposed.',
    ),
);

const sendDraft: Handler<'drafts'> = door(
  async (call) =>
    call.daemon.client.call('sendDraft', {
      params: await oneOf(call),
      body: call.flags.prompt === undefined ? {} : { prompt: call.flags.prompt },
    }),
  ({ run }) => runWords(run),
);

const dismissDraft: Handler<'drafts'> = door(
  async (call) => call.daemon.client.call('dismissDraft', { params: await oneOf(call), body: {} }),
  ({ draft }) => `Dropped: ${draft.text}\n`,
);

async function oneOf(call: DoorCall<'drafts'>): Promise<{ id: string; position: number }> {
  const [, run, position] = call.words;
  if (run === undefined || position === undefined || !/^[1-9]\d{0,3}$/.test(position))
    throw new UsageError('Which follow-up? Give its run and its number.');
  return { id: await runId(call, run), position: Number(position) };
}
