import { judgePolicy, verdictText } from '../core/policy.ts';
import { forbiddenPaths } from './forbidden-paths.ts';
import type { Parts, RunHandler } from './parts.ts';
import { checkCommit } from './run-checks.ts';

/** Checks exactly the candidate, in a clean tree of its own, by the rules of the main it goes onto. */
export const runGate =
  (parts: Parts): RunHandler =>
  async (run, context) => {
    const { repository, settingsAt, artifacts, folders } = parts;
    const candidate = run.candidate!;
    const at = await settingsAt(candidate.base);
    if (!at.ok) {
      context.finish({ type: 'report_failed', reason: 'SETTINGS_INVALID', detail: at.problems.join('; ') });
      return 'done';
    }
    // The rules may have become stricter since the run began, and a restored or reverting run was never held to them.
    const forbidden = await forbiddenPaths(parts, candidate.base, candidate.commit);
    if (forbidden !== undefined) {
      context.finish({ type: 'report_failed', reason: 'PATH_NOT_ALLOWED', detail: forbidden });
      return 'done';
    }
    const failed = await checkCommit(parts, context, {
      run,
      stage: 'gate',
      commit: candidate.commit,
      folder: folders.gate,
      seat: 0,
      settings: at.settings,
      budgetMs: at.settings.timeouts.gateMs,
    });
    if (context.signal.aborted) return 'done';
    if (failed !== undefined) {
      context.finish({ type: 'report_failed', reason: 'GATE_FAILED', detail: failed.detail });
      return 'done';
    }
    if ((await repository.treeOf(candidate.commit)) !== candidate.tree)
      throw new Error(`the candidate ${candidate.commit} is not the tree that was built`);
    const { policy, migrations } = judgePolicy(await repository.diff(candidate.base, candidate.commit), at.settings.policy);
    context.finish({
      type: 'report_gate_passed',
      candidateId: candidate.id,
      policy,
      verdictHash: artifacts.put(verdictText(policy)).hash,
      migrations: migrations.kind,
    });
    return 'done';
  };
