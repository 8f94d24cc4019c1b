import type { Diff } from '#shared/review.ts';
import type { Handler } from '../command.ts';
import { diffText, statText } from '../diff-text.ts';
import { door } from '../door.ts';
import { runId } from '../find-run.ts';

/** What a run changed, as a patch that git apply takes. */
export const diff: Handler<'diff'> = door(
  async (call) => call.daemon.client.call('getDiff', { params: { id: await runId(call) } }),
  (value: Diff, { flags, terminal }) => (flags.stat === true ? statText(value) : diffText(value, terminal.paint)),
);
