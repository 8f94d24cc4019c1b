/** What the ledger knows of a release, as far as going back to it is concerned. */
export interface ReleaseFacts {
  id: string;
  state: 'preparing' | 'live' | 'replaced' | 'failed';
  healthyAt?: number;
  createdAt: number;
  /** Judgement on the migrations it brought. */
  migrations: 'none' | 'additive' | 'destructive' | 'unknown';
}

/**
 * Whether production can go back to `target`: it must have been healthy, must
 * not be live, and nothing released since may have changed the data in a way
 * that its code may not understand. `force` overrides the last point only.
 */
export function judgeRollback(
  target: ReleaseFacts,
  since: readonly ReleaseFacts[],
): { possible: boolean; forceable: boolean; reason?: string } {
  if (target.state === 'live') return { possible: false, forceable: false, reason: 'It is live now.' };
  if (target.state === 'preparing') return { possible: false, forceable: false, reason: 'It is being prepared.' };
  if (target.healthyAt === undefined) return { possible: false, forceable: false, reason: 'It was never healthy.' };
  const breaking = since.filter((release) => release.migrations === 'destructive' || release.migrations === 'unknown');
  if (breaking.length > 0) {
    return {
      possible: false,
      forceable: true,
      reason: 'A later release changed the database in a way this one may not understand. The data itself is not rolled back.',
    };
  }
  return { possible: true, forceable: true };
}
