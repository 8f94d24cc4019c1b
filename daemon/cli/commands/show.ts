import type { Handler } from '../command.ts';
import { atDoor, print } from '../door.ts';
import { must } from '../door-call.ts';
import { runId } from '../find-run.ts';
import { todo } from '../follow-run.ts';
import { UsageError } from '../outcome.ts';
import { runText } from '../run-text.ts';
import { statusText } from '../status-text.ts';

/** Shows one run, or how things stand. */
export const show: Handler<'show'> = atDoor(async (call) => {
  const { daemon, flags, words } = call;
  if (words.length === 0 && flags.brief !== true) {
    print(call, must(await daemon.client.call('status', {})), (status) => statusText(status, daemon.url));
    return 0;
  }
  const detail = must(await daemon.client.call('getRun', { params: { id: await runId(call) } }));
  if (flags.brief !== true) print(call, detail, (value) => `${runText(value)}\n${todo(call, value.run, daemon.url)}`);
  else if (detail.brief === undefined) throw new UsageError('This run has no brief yet: it is written when the run starts.');
  else print(call, { brief: detail.brief }, ({ brief }) => brief);
  return 0;
});
