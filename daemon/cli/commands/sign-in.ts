import type { Handler } from '../command.ts';
import { door } from '../door.ts';

export const open: Handler<'open'> = door(
  ({ client }) => client.call('createPairCode', { body: {} }),
  ({ url }) => `${url}\n`,
);

export const pair: Handler<'pair'> = door(
  ({ client }) => client.call('createPairCode', { body: {} }),
  ({ code }) => `${code}\nIt works once, for five minutes.\n`,
);
