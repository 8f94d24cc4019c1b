import type { Parts, RunHandler } from './parts.ts';

/** Puts the branch of an archived run away. Its commits stay: they can still be restored or revised. */
export const archiveBranch =
  ({ repository }: Parts): RunHandler =>
  async (run) => {
    if (run.archivedAt !== undefined) await repository.archiveBranch(run.branch);
    return 'done';
  };
