import { judgeMigrations } from '../core/migrations-verdict.ts';
import type { Parts } from './parts.ts';

/**
 * Judges and records what a release does to the data: everything between what is live and it, whoever made it, since
 * commits from the person's repository ride in with a run. Recorded before the deploy, because one that fails may have
 * migrated already. With nothing live there is nothing to go back to, and what was recorded stays.
 */
export async function judgeRelease(
  { repository, releases, settingsAt, ledger, ids }: Parts,
  { releaseId, commit }: { releaseId: string; commit: string },
): Promise<void> {
  const live = releases.live();
  if (live === undefined || live.id === releaseId) return;
  const globs = new Set<string>();
  // By the rules of both sides: a change that redefines what a migration is does not hide one.
  for (const at of [await settingsAt(live.commit_sha), await settingsAt(commit)])
    if (at.ok) for (const glob of at.settings.policy.migrations) globs.add(glob);
  const { kind, files } = judgeMigrations(await repository.diff(live.commit_sha, commit), [...globs]);
  const row = releases.find(releaseId)!;
  const marker = kind === 'none' ? null : commit.slice(0, 12);
  if (row.migrations === kind && row.migration_marker === marker) return;
  ledger.act(
    { actor: 'daemon', action: 'release_judged', subject: releaseId, traceId: ids.randomHex(16), payload: { kind, files } },
    (tx) => {
      releases.setMigrations(releaseId, kind, marker);
      tx.hint('releases');
    },
  );
}
