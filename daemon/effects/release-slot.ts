import type { Parts, RunHandler } from './parts.ts';

/** After the end: no process of the run is left. The slot itself was free the moment the run ended. */
export const releaseSlot =
  ({ previewer, sandbox, leases }: Parts): RunHandler =>
  async (run, context) => {
    if (run.slot === undefined) return 'done';
    const heldByOther = leases.active().some((lease) => lease.slot_id === run.slot && lease.run_id !== run.id);
    const survivors = [...(heldByOther ? [] : await previewer.stop(run.slot)), ...(await sandbox.sweep(run.id))];
    if (survivors.length > 0) throw new Error(`processes of ${run.id} could not be ended: ${survivors.join(', ')}`);
    context.finish({ type: 'report_slot_released', slot: run.slot });
    return 'done';
  };
