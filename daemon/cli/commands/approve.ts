import type { DoorReply, RunDetail } from '#shared/api.ts';
import type { CallResult } from '#shared/client.ts';
import type { Diff } from '#shared/review.ts';
import type { Run } from '#shared/run.ts';
import { approvalText } from '../approval-text.ts';
import type { Handler } from '../command.ts';
import { atDoor, tell } from '../door.ts';
import { type DoorCall, must, Refused } from '../door-call.ts';
import { runId } from '../find-run.ts';
import { sayOrWait } from '../follow-run.ts';
import { EXIT, UsageError } from '../outcome.ts';
import { sayStale } from '../stale.ts';
import { visible } from '../visible.ts';
import { hasLanded } from '../wait.ts';

type Approving = DoorCall<'approve'>;

/** Shows what would be approved, asks, and approves exactly that commit. */
export const approve: Handler<'approve'> = atDoor(async (call) => {
  const { flags, terminal, daemon } = call;
  const wanted = flags.head?.toLowerCase();
  if (wanted !== undefined && !/^[0-9a-f]{7,64}$/.test(wanted)) throw new UsageError('--head is a commit: at least 7 hexadecimal digits.');
  const id = await runId(call);
  const detail = must(await daemon.client.call('getRun', { params: { id } }));
  const head = detail.run.headCommit;
  if (head === undefined || detail.run.state !== 'needs_approval') return refuseState(call, detail.run);
  const diff = must(await daemon.client.call('getDiff', { params: { id } }));
  if (flags.json !== true) terminal.err(approvalText(visible(detail), visible(diff)));
  if (wanted !== undefined && !head.startsWith(wanted)) return sayStale(call, detail.run, wanted, diff);

  if (!(await isMeant(call, detail))) return EXIT.refused;
  const migrations = flags.migrations === true || (detail.run.hasMigrations === true && flags.yes !== true && terminal.ask !== undefined);
  const result = await daemon.client.call('approveRun', {
    params: { id },
    body: { headCommit: head, ...(migrations ? { confirm: { migrations: true } } : {}) },
  });
  if (!result.ok && result.code === 'stale') return stale(call, detail.run, head, diff);
  return sayOrWait(call, must(result).run, flags.wait === true ? hasLanded : undefined);
});

/** The person says yes, or has said it with a flag. */
async function isMeant({ flags, terminal }: Approving, { run }: RunDetail): Promise<boolean> {
  if (flags.yes === true) return true;
  if (terminal.ask === undefined || flags.json === true) {
    if (flags.head !== undefined) return true;
    const failure = { code: 'not_asked', message: 'Nothing was approved, because nobody could be asked.' };
    tell({ flags, terminal }, failure, `Give --yes, or --head ${run.headCommit!.slice(0, 10)} to approve exactly this.`);
    return false;
  }
  const also = run.hasMigrations === true ? ', with its database migration,' : '';
  if (await terminal.ask(`\nApprove ${run.headCommit!.slice(0, 10)}${also} and make it live?`)) return true;
  terminal.err('Nothing was approved.\n');
  return false;
}

async function refuseState({ daemon }: Approving, run: Run): Promise<never> {
  // Refused by the daemon itself, in its own words and with its own code.
  const result: CallResult<DoorReply<'approveRun'>> = await daemon.client.call('approveRun', {
    params: { id: run.id },
    body: { headCommit: run.headCommit ?? '0'.repeat(40) },
  });
  if (result.ok) throw new Error(`${run.id} was approved although it does not wait for approval`);
  throw new Refused(result);
}

/** It moved between being shown and being approved. */
async function stale(call: Approving, before: Run, head: string, shown: Diff): Promise<number> {
  const { run } = must(await call.daemon.client.call('getRun', { params: { id: before.id } }));
  return sayStale(call, run, head, must(await call.daemon.client.call('getDiff', { params: { id: before.id } })), shown);
}
