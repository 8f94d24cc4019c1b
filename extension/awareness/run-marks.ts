import type { Client } from '#shared/client.ts';
import type { Run } from '#shared/run.ts';
import { isTerminal } from '#shared/ui/run-groups.ts';
import { stateWords } from '#shared/ui/state-words.ts';
import type { RunMark } from '../messages.ts';
import { callOf } from './run-call.ts';

const RUN_LIMIT = 20;

/** What the active runs of a page were asked about. A list of runs does not carry it, so each is asked for. */
export async function readMarks(client: Client, runs: readonly Run[]): Promise<RunMark[]> {
  const active = runs.filter((run) => !isTerminal(run.state)).slice(0, RUN_LIMIT);
  const details = await Promise.all(active.map(({ id }) => client.call('getRun', { params: { id } })));
  return details.flatMap((detail) => {
    if (!detail.ok) return [];
    const { run, context } = detail.value;
    const elements = (context?.elements ?? []).map(({ selector, frame }) => ({ selector, ...(frame !== undefined && { frame }) }));
    if (elements.length === 0) return [];
    return [{ runId: run.id, title: run.title, words: stateWords(run).label, calls: callOf(run) !== undefined, elements }];
  });
}
