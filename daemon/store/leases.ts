import type { Database } from 'better-sqlite3';

export interface LeaseRow {
  slot_id: string;
  fence: number;
  run_id: string;
  leased_at: number;
  expires_at: number;
  heartbeat_at: number;
  active_at: number;
}

export interface SlotRow {
  id: string;
  seat: number;
  fence: number;
  state: 'ready' | 'quarantined' | 'retired';
  reason: string | null;
}

/** Slots and who holds them. One active lease per slot and per run is a unique index, not a habit. */
export function openLeases(db: Database) {
  const slots = db.prepare<[], SlotRow>(`SELECT * FROM slots WHERE state <> 'retired' ORDER BY seat`);
  const active = db.prepare<[], LeaseRow>(`SELECT * FROM slot_leases WHERE lease_state = 'active' ORDER BY slot_id`);
  const ofRun = db.prepare<[string], LeaseRow>(`SELECT * FROM slot_leases WHERE lease_state = 'active' AND run_id = ?`);
  const free = db.prepare<[], SlotRow>(
    `SELECT * FROM slots s WHERE s.state = 'ready'
        AND NOT EXISTS (SELECT 1 FROM slot_leases l WHERE l.slot_id = s.id AND l.lease_state = 'active')
      ORDER BY s.seat LIMIT 1`,
  );
  const freeSlots = db.prepare<[], { n: number }>(
    `SELECT count(*) AS n FROM slots s WHERE s.state = 'ready'
        AND NOT EXISTS (SELECT 1 FROM slot_leases l WHERE l.slot_id = s.id AND l.lease_state = 'active')`,
  );
  const bump = db.prepare<[string], { fence: number }>('UPDATE slots SET fence = fence + 1 WHERE id = ? RETURNING fence');
  const add = db.prepare(
    `INSERT INTO slots (id, seat) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET state = CASE WHEN state = 'retired' THEN 'ready' ELSE state END`,
  );
  const retire = db.prepare(`UPDATE slots SET state = 'retired' WHERE seat > ?`);
  const before = db.prepare<[string, number], { run_id: string }>(
    'SELECT run_id FROM slot_leases WHERE slot_id = ? AND fence < ? ORDER BY fence DESC LIMIT 1',
  );
  const setState = db.prepare('UPDATE slots SET state = ?, reason = ? WHERE id = ?');
  const beat = db.prepare(
    `UPDATE slot_leases SET heartbeat_at = @now, expires_at = @expires WHERE slot_id = @slot AND fence = @fence AND lease_state = 'active'`,
  );
  const touch = db.prepare(`UPDATE slot_leases SET active_at = ? WHERE run_id = ? AND lease_state = 'active'`);
  return {
    /** Makes the ledger know exactly `count` slots; those above are kept but not handed out. */
    configure(count: number): void {
      db.transaction(() => {
        for (let seat = 1; seat <= count; seat++) add.run(`preview-${seat}`, seat);
        retire.run(count);
      }).immediate();
    },
    slots: (): readonly SlotRow[] => slots.all(),
    active: (): readonly LeaseRow[] => active.all(),
    ofRun: (runId: string): LeaseRow | undefined => ofRun.get(runId),
    freeCount: (): number => freeSlots.get()!.n,
    firstFree: (): SlotRow | undefined => free.get(),
    /** The fence of the lease that is about to be written, inside the same transaction. */
    nextFence: (slot: string): number => bump.get(slot)!.fence,
    /** Run that held the slot before the lease with this fence. */
    holderBefore: (slot: string, fence: number): string | undefined => before.get(slot, fence)?.run_id,
    quarantine: (slot: string, reason: string): void => void setState.run('quarantined', reason, slot),
    clear: (slot: string): void => void setState.run('ready', null, slot),
    heartbeat: (lease: { slot: string; fence: number; now: number; expires: number }): boolean => beat.run(lease).changes === 1,
    touch: (runId: string, now: number): void => void touch.run(now, runId),
  };
}

export type Leases = ReturnType<typeof openLeases>;
