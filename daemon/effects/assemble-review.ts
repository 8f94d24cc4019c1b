import { judgePolicy, verdictText } from '../core/policy.ts';
import type { Parts, RunHandler } from './parts.ts';

/** Puts together what a person decides on: the diff, kept as it was judged, and the verdict of main's policy on it. */
export const assembleReview =
  ({ repository, settingsAt, artifacts, progress, clock }: Parts): RunHandler =>
  async (run, context) => {
    const at = await settingsAt(run.baseCommit!);
    if (!at.ok) throw new Error('the settings of the base were valid a moment ago');
    const files = await repository.diff(run.baseCommit!, run.headCommit!);
    const { policy, migrations } = judgePolicy(files, at.settings.policy);
    const kept = artifacts.put(JSON.stringify({ base: run.baseCommit, head: run.headCommit, files }));
    progress.artifact(run.id, 'diff', kept, clock.now());
    context.finish({
      type: 'report_review',
      fence: run.fence!,
      policy,
      verdictHash: artifacts.put(verdictText(policy)).hash,
      filesChanged: files.length,
      hasMigrations: migrations.kind !== 'none',
      migrations: migrations.kind,
      diffHash: kept.hash,
    });
    return 'done';
  };
