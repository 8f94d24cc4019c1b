import type { Run } from '../core/run.ts';
import { IDENTITY } from './identity.ts';
import type { Parts } from './parts.ts';

/** Where a run's work begins. */
export type Start =
  | {
      ok: true;
      /** What the change is compared with, and whose settings hold. */
      base: string;
      commit: string;
      parents?: readonly string[];
      /** Files that hold conflict markers. */
      conflicts?: readonly string[];
    }
  | { ok: false; paths: readonly string[] };

/** Finds or builds the commit that the run's worktree begins from, on top of main as it is now unless it goes on from an earlier run. */
export async function chooseStart({ repository }: Pick<Parts, 'repository'>, run: Run, main: string): Promise<Start> {
  const { start } = run;
  if (start === undefined) return { ok: true, base: main, commit: main };
  const identity = { ...IDENTITY, at: run.createdAt };
  switch (start.kind) {
    case 'commit':
      return { ok: true, base: start.base, commit: start.commit };
    case 'resolve': {
      const message = `Merge main into the work of ${run.parentRunId ?? run.id}\n\nCodex-Run: ${run.id}\n`;
      const { commit, conflicts } = await repository.buildResolution({ head: start.head, main, message, identity });
      return { ok: true, base: main, commit, parents: [start.head, main], conflicts };
    }
    case 'undo': {
      const message = `${run.title}\n\nUndoes: ${start.commit}\nCodex-Run: ${run.id}\nRequested-by: ${run.author}\n`;
      const undo = await repository.buildUndo({ commit: start.commit, main, message, identity });
      if (undo.end === 'conflict') return { ok: false, paths: undo.paths };
      return { ok: true, base: main, commit: undo.end === 'built' ? undo.commit : main };
    }
  }
}
