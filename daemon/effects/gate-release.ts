import type { Parts } from './parts.ts';
import { checkCommit } from './run-checks.ts';

/**
 * Sets up and checks exactly this commit in the gate's clean tree, by its own rules: no run vouches for it. Answers
 * what stands in its way. The logs lie under the release.
 */
export async function gateRelease(
  parts: Parts,
  { releaseId, commit, signal }: { releaseId: string; commit: string; signal: AbortSignal },
): Promise<string | undefined> {
  const { settingsAt, folders, logs } = parts;
  const at = await settingsAt(commit);
  if (!at.ok) return `Its settings cannot be used: ${at.problems.join('; ')}.`;
  const context = { signal, openLog: (name: string) => logs.open(releaseId, name), report: () => {} };
  const failed = await checkCommit(parts, context, {
    run: { id: releaseId },
    stage: 'gate',
    commit,
    folder: folders.gate,
    seat: 0,
    settings: at.settings,
    budgetMs: at.settings.timeouts.gateMs,
  });
  if (failed === undefined) return undefined;
  return failed.setup ? `Its setup failed: ${failed.detail}.` : `A required check failed: ${failed.detail}.`;
}
