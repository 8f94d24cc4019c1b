import { IDENTITY } from './identity.ts';
import type { Parts, RunHandler } from './parts.ts';

/** Times a compare-and-swap on main is tried anew when something else moved it. */
const TRIES = 5;

/** Takes a merge whose release failed back off main, by a revert on top of whatever main has become. */
export const undoMain =
  ({ repository, freeze }: Parts): RunHandler =>
  async (run, context) => {
    for (let tries = 0; tries < TRIES; tries++) {
      const main = (await repository.head('refs/heads/main'))!;
      const undo = await repository.buildUndo({
        commit: run.mergeCommit!,
        main,
        message: `Undo: ${run.title}\n\nIts release was not healthy.\n\nCodex-Run: ${run.id}\nUndoes: ${run.mergeCommit}\n`,
        identity: { ...IDENTITY, at: run.updatedAt },
      });
      if (undo.end === 'nothing_to_undo') {
        context.finish({ type: 'report_undone', outcome: 'undone', commit: main });
        return 'done';
      }
      if (undo.end === 'conflict') {
        freeze(
          `The failed change of "${run.title}" could not be taken off main: conflicts in ${undo.paths.join(', ')}. Mend main, then lift the freeze.`,
        );
        context.finish({ type: 'report_undone', outcome: 'conflict' });
        return 'done';
      }
      const moved = await repository.moveMain({ from: main, to: undo.commit });
      if (moved.end === 'moved') {
        context.finish({ type: 'report_undone', outcome: 'undone', commit: undo.commit });
        return 'done';
      }
    }
    throw new Error(`main moved ${TRIES} times while it was being put back`);
  };
