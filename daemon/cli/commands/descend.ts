import type { Handler } from '../command.ts';
import { atDoor } from '../door.ts';
import { must } from '../door-call.ts';
import { runId } from '../find-run.ts';
import { sayOrWait } from '../follow-run.ts';
import { needsSomebody } from '../wait.ts';

/** The runs that come from another one. */
export const retry: Handler<'retry'> = atDoor(async (call) => {
  const { run } = must(await call.daemon.client.call('retryRun', { params: { id: await runId(call) }, body: {} }));
  return sayOrWait(call, run, call.flags.wait === true ? needsSomebody : undefined);
});

export const restore: Handler<'restore'> = atDoor(async (call) => {
  const { run } = must(await call.daemon.client.call('restoreRun', { params: { id: await runId(call) }, body: {} }));
  return sayOrWait(call, run, call.flags.wait === true ? needsSomebody : undefined);
});

export const revert: Handler<'revert'> = atDoor(async (call) => {
  const { run } = must(await call.daemon.client.call('revertRun', { params: { id: await runId(call) }, body: {} }));
  return sayOrWait(call, run, call.flags.wait === true ? needsSomebody : undefined);
});
