import type { SlotRow } from '../store/leases.ts';
import type { Parts } from './parts.ts';

type Needed = Pick<Parts, 'leases' | 'ledger' | 'ids'>;

/** A slot that could not be cleaned is handed to nobody until it was. */
export function quarantine({ leases, ledger, ids }: Needed, slot: string, reason: string): void {
  ledger.act({ actor: 'daemon', action: 'quarantine_slot', subject: slot, traceId: ids.randomHex(16), payload: { reason } }, (tx) => {
    leases.quarantine(slot, reason);
    tx.hint('slots');
  });
}

const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 900_000;

/**
 * Answers how to look after quarantined slots: each that no run holds is cleaned again, at once and then ever less often.
 * The slot says when; what was tried is forgotten with the process, so a start tries at once.
 */
export function createSlotCleaner(
  parts: Needed & Pick<Parts, 'previewer' | 'sandbox' | 'repository' | 'clock' | 'log'> & { folders: Pick<Parts['folders'], 'worktree'> },
): (signal: AbortSignal) => Promise<void> {
  const { leases, ledger, ids, clock, log } = parts;
  const tried = new Map<string, { times: number; dueAt: number }>();

  return async (signal) => {
    const held = new Set(leases.active().map((lease) => lease.slot_id));
    const quarantined = leases.slots().filter((slot) => slot.state === 'quarantined');
    for (const id of tried.keys()) if (!quarantined.some((slot) => slot.id === id)) tried.delete(id);
    for (const slot of quarantined) {
      const { times, dueAt } = tried.get(slot.id) ?? { times: 0, dueAt: Number.NEGATIVE_INFINITY };
      if (held.has(slot.id) || clock.elapsed() < dueAt) continue;
      const trouble = await clean(parts, slot, signal);
      if (signal.aborted) return;
      if (trouble === undefined) {
        tried.delete(slot.id);
        ledger.act({ actor: 'daemon', action: 'slot_cleaned', subject: slot.id, traceId: ids.randomHex(16), payload: { times } }, (tx) => {
          leases.clear(slot.id);
          tx.hint('slots');
        });
        log('info', 'a quarantined slot is clean again', { slot: slot.id });
        continue;
      }
      const waitMs = Math.min(FIRST_WAIT_MS * 2 ** times, LONGEST_WAIT_MS);
      tried.set(slot.id, { times: times + 1, dueAt: clock.elapsed() + waitMs });
      const next = new Date(clock.now() + waitMs).toISOString().slice(11, 19);
      quarantine(parts, slot.id, `${trouble.replace(/[.\s]*$/, '.')} Cleaned again ${times + 1}×, the next time at ${next} UTC.`);
      log('warn', 'a quarantined slot could not be cleaned', { slot: slot.id, detail: trouble });
    }
  };
}

/** Why the slot is still not clean; undefined when it is. */
async function clean(
  { leases, previewer, sandbox, repository, folders }: Parameters<typeof createSlotCleaner>[0],
  slot: SlotRow,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    // Whoever found it unclean may have left nothing; whoever held it before may.
    const last = leases.holderBefore(slot.id, slot.fence + 1);
    const before = leases.holderBefore(slot.id, slot.fence);
    const survivors = [...(await previewer.stop(slot.id))];
    for (const run of new Set([last, before])) if (run !== undefined) survivors.push(...(await sandbox.sweep(run)));
    if (survivors.length > 0) return `Processes of runs before could not be ended: ${[...new Set(survivors)].join(', ')}.`;
    const main = await repository.head('refs/heads/main');
    if (main === undefined) return 'The repository has no main.';
    const cleaned = await repository.checkout({ folder: folders.worktree(slot.id), at: main, signal });
    return cleaned.ok ? undefined : cleaned.detail;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
