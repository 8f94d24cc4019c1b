import { roadOf } from '../core/run.ts';
import { allowanceFor } from './allowance.ts';
import type { Handled, Parts, RunHandler } from './parts.ts';

const NOT_READY = {
  signed_out: 'AGENT_SIGNED_OUT',
  unreachable: 'AGENT_UNREACHABLE',
  engine_missing: 'HOST_REFUSED',
  wrong_version: 'HOST_REFUSED',
  sandbox_refused: 'HOST_REFUSED',
} as const;

/**
 * Takes the first free slot for the run that is first in line. Sign-in and disk
 * are looked at before, so that a run that cannot work spends no slot.
 */
export const leaseSlot =
  ({ agent, host, folders, ledger, leases, outbox, queries, clock, limits }: Parts): RunHandler =>
  async (run, context, effect) => {
    const readiness = await agent.readiness();
    const needsAgent = roadOf(run) !== 'commit';
    if (needsAgent && !readiness.ready) {
      context.finish({
        type: 'report_failed',
        reason: NOT_READY[readiness.reason],
        detail: `${readiness.detail} ${readiness.remedy}`,
      });
      return 'done';
    }
    if ((await host.freeBytes(folders.state)) < limits.diskFloorBytes) {
      context.tryReport({ type: 'report_waiting', reason: 'DISK_LOW' });
      return 'wait';
    }
    if (needsAgent && allowanceFor({ queries, clock, limits }, run).dayIsOver !== undefined) {
      context.tryReport({ type: 'report_waiting', reason: 'BUDGET_DAY' });
      return 'wait';
    }
    if (context.signal.aborted) return 'done';
    return ledger.act<Handled>(
      { actor: 'daemon', action: 'lease_slot', subject: run.id, traceId: run.traceId, payload: {} },
      (tx) => {
        const slot = leases.firstFree();
        if (slot === undefined) {
          tx.run(run.id, { type: 'report_waiting', reason: 'WAITING_FOR_SLOT' });
          return 'wait';
        }
        const fence = leases.nextFence(slot.id);
        const leased = tx.run(run.id, { type: 'report_lease', slot: slot.id, fence, expiresAt: clock.now() + limits.leaseTtlMs });
        if (!leased.ok) throw new Error(`a queued run could not be leased a free slot: ${leased.refusal.message}`);
        outbox.done(effect.id, tx.now);
        tx.hint('slots');
        return 'done';
      },
      (handled) => (handled === 'done' ? 'leased' : undefined),
    );
  };
