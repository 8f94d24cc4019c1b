import * as z from 'zod/mini';
import { SlotId } from '#shared/ids.ts';
import { span } from '#shared/ui/relative-time.ts';
import type { Handler } from '../command.ts';
import { door, linesOf } from '../door.ts';
import { runId } from '../find-run.ts';
import { runWords } from '../lines.ts';
import { UsageError } from '../outcome.ts';

/** The preview slots. */
export const slots: Handler<'slots'> = (call) => (call.words[0] === 'replace' ? replace(call) : list(call));

const list: Handler<'slots'> = door(
  ({ daemon }) => daemon.client.call('listSlots', {}),
  (reply) =>
    linesOf(
      reply.slots.map(({ id, state, url, runId: run, lease, reason }) => {
        const left = lease === undefined ? '' : `  for ${span(Math.max(0, Date.parse(lease.expiresAt) - Date.now()))} more`;
        return `${id}  ${state.padEnd(11)}  ${url}  ${run ?? ''}${left}${reason === undefined ? '' : `  ${reason}`}`.trimEnd();
      }),
      'There are no slots.',
    ),
);

const replace: Handler<'slots'> = door(
  async (call) => {
    const [, id] = call.words;
    const isSlot = (text: string | undefined): text is 'oldest-idle' => text === 'oldest-idle' || z.safeParse(SlotId, text).success;
    if (!isSlot(id)) throw new UsageError('Which slot? preview-1 and so on, or oldest-idle.');
    const run = call.flags.run === undefined ? {} : { runId: await runId(call, call.flags.run) };
    return call.daemon.client.call('replaceSlot', { params: { id }, body: run });
  },
  ({ run }) => runWords(run),
);
