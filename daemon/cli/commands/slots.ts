import type { Handler } from '../command.ts';
import { door, linesOf } from '../door.ts';

export const slots: Handler<'slots'> = door(
  ({ client }) => client.call('listSlots', {}),
  (reply) =>
    linesOf(
      reply.slots.map((slot) => `${slot.id}  ${slot.state.padEnd(11)} ${slot.url}  ${slot.runId ?? ''}`),
      'There are no slots.',
    ),
);
