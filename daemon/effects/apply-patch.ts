import type { Parts, RunHandler } from './parts.ts';

/** Puts the proposed commit of a safe-mode run on its branch, because a person said so. */
export const applyPatch =
  ({ repository }: Parts): RunHandler =>
  async (run, context) => {
    const { commit, tree } = run.proposal!;
    await repository.setBranch({ branch: run.branch, to: commit });
    context.finish({ type: 'report_snapshot', fence: run.fence!, commit, tree });
    return 'done';
  };
