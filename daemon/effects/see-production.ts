import type { ProductionSeen } from '../core/production-seen.ts';
import type { GatewayState } from '../ports.ts';
import type { Parts } from './parts.ts';

/** Notes how the processes of production stand, and says so when that changed. */
export function seeProduction(
  { production, ledger, ids }: Pick<Parts, 'production' | 'ledger' | 'ids'>,
  { live, cutOff }: GatewayState,
): void {
  const now: ProductionSeen = { ...(live && { live: seen(live) }), ...(cutOff && { cutOff }) };
  const before = { ...production };
  if (JSON.stringify(now) === JSON.stringify(before)) return;
  delete production.live;
  delete production.cutOff;
  Object.assign(production, now);
  const entry = { actor: 'daemon', action: 'production_seen', subject: 'production', traceId: ids.randomHex(16), payload: { before, now } };
  ledger.act(entry, (tx) => {
    tx.hint('status');
    tx.hint('releases');
  });
}

function seen({ releaseId, running, startedAt, restarts, ended }: NonNullable<GatewayState['live']>): NonNullable<ProductionSeen['live']> {
  return { releaseId, running, startedAt, restarts, ...(ended && { ended: { at: ended.at, how: ended.how } }) };
}
