import type { Handler } from '../command.ts';
import { door, word } from '../door.ts';
import { runLine } from '../lines.ts';
import { UsageError } from '../outcome.ts';

export const approve: Handler<'approve'> = door(
  async ({ client, words, flags }) => {
    const id = word(words, 'run');
    const shown = await client.call('getRun', { params: { id } });
    if (!shown.ok) return shown as never;
    const headCommit = shown.value.run.headCommit ?? '0'.repeat(40);
    return client.call('approveRun', {
      params: { id },
      body: { headCommit, ...(flags.migrations === true ? { confirm: { migrations: true } } : {}) },
    });
  },
  ({ run }) => `${runLine(run)}\n`,
);

export const reject: Handler<'reject'> = door(
  ({ client, words, flags }) => {
    if (flags.reason === undefined) throw new UsageError('Say why with --reason.');
    return client.call('rejectRun', { params: { id: word(words, 'run') }, body: { reason: flags.reason } });
  },
  ({ run }) => `${runLine(run)}\n`,
);
