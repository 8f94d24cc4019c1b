import type { Run } from '../run.ts';
import { isProposal, isTerminal } from './run-groups.ts';

/** What a revision does to this run, before it is asked for. */
export function reviseWords(run: Run): string {
  if (isProposal(run))
    return 'Codex goes on in the same thread and proposes another patch. This run ends as “Revised”; its slot goes to the new one.';
  if (isTerminal(run.state)) return 'A new run goes on from this commit, in the same Codex thread.';
  return 'Codex goes on from this commit, in the same thread. This run ends as “Revised”; its slot goes to the revision.';
}
