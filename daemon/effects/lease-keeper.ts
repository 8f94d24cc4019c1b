import { WAIT_REASONS } from '#shared/reasons.ts';
import type { Run } from '../core/run.ts';
import { CLOCK_STOPS, isIdle } from '../core/run-machine.ts';
import type { Parts } from './parts.ts';

export interface KeeperSettings {
  heartbeatMs: number;
  idleTtlMs: number;
  maxHoldMs: number;
  runMs: number;
}

/** A difference between the two clocks that means the machine slept or its clock was set. */
const JUMP_MS = 60_000;

/**
 * Beats for every lease: renews those of working runs, gives up idle ones whose
 * time is over when somebody waits, and ends runs whose own clock ran out.
 * Time during which the daemon or the machine slept is nobody's idleness.
 */
export function createLeaseKeeper(parts: Parts, settings: KeeperSettings) {
  const { leases, queries, ledger, progress, clock, log } = parts;
  /** When each run was looked at last, by the monotonic clock. */
  const ran = new Map<string, number>();
  let cancel = () => {};
  let begun = false;
  let lastWall = clock.now();
  let lastElapsed = clock.elapsed();

  function beat(): void {
    cancel = clock.after(settings.heartbeatMs, beat);
    keep();
  }

  /** A ledger that cannot be written now (disk full) is looked after at the next beat. */
  function keep(): void {
    try {
      // Downtime is nobody's idleness: every lease begins anew with us.
      if (!begun) for (const lease of leases.active()) leases.touch(lease.run_id, clock.now());
      begun = true;
      look();
    } catch (error) {
      log('error', 'the leases could not be kept', { error: String(error) });
    }
  }

  function look(): void {
    const now = clock.now();
    const elapsed = clock.elapsed();
    const jumped = Math.abs(now - lastWall - (elapsed - lastElapsed)) > JUMP_MS;
    lastWall = now;
    lastElapsed = elapsed;
    const runs = queries.unfinished();
    // Idle runs give way, the longest idle first, and only as many as are needed.
    let needed = runs.filter((run) => run.state === 'queued').length - leases.freeCount();
    for (const lease of [...leases.active()].sort((a, b) => a.active_at - b.active_at)) {
      if (jumped) leases.touch(lease.run_id, now);
      const activeAt = jumped ? now : lease.active_at;
      const run = runs.find(({ id }) => id === lease.run_id);
      if (run === undefined) continue;
      const idle = isIdle(run);
      const free = needed <= 0 && now - lease.leased_at < settings.maxHoldMs;
      if (idle && !free && now - activeAt >= settings.idleTtlMs) {
        ledger.report(run.id, { type: 'report_expired', fence: lease.fence, reason: 'LEASE_EXPIRED' }, run.traceId);
        needed--;
        continue;
      }
      const expires = idle && !free ? activeAt + settings.idleTtlMs : now + settings.idleTtlMs;
      leases.heartbeat({ slot: lease.slot_id, fence: lease.fence, now, expires });
    }
    for (const id of ran.keys()) if (!runs.some((run) => run.id === id)) ran.delete(id);
    for (const run of runs) countTime(run, elapsed);
  }

  function countTime(run: Run, elapsed: number): void {
    const last = ran.get(run.id) ?? elapsed;
    ran.set(run.id, elapsed);
    const waits = run.reason !== undefined && run.reason.code in WAIT_REASONS;
    if (waits || CLOCK_STOPS.includes(run.state)) return;
    const spent = progress.clock(run.id) + elapsed - last;
    progress.setClock(run.id, spent);
    // main may be moving: that section has limits of its own and must not be cut.
    if (run.landing || run.state === 'deploying' || spent <= settings.runMs) return;
    const detail = `The run took longer than ${Math.round(settings.runMs / 60_000)} min.`;
    ledger.report(run.id, { type: 'report_failed', reason: 'RUN_TIMEOUT', detail }, run.traceId);
  }

  return {
    start: beat,
    /** Looks now rather than at the next beat: whether a lease holds is judged by both clocks, never by the one that a person may set. */
    keep,
    stop: () => cancel(),
  };
}
