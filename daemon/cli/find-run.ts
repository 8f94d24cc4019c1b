import * as z from 'zod/mini';
import { RunId } from '#shared/ids.ts';
import type { Run } from '#shared/run.ts';
import { type AnyCall, must } from './door-call.ts';
import { UsageError } from './outcome.ts';
import { nearest } from './suggest.ts';

/** Fewer letters of an id could be anybody's. */
const LEAST = 4;

/** The run that a word names: its whole id, the end of its id, or `last` for the newest. */
export async function runId(call: AnyCall, given: string | undefined = call.words[0]): Promise<string> {
  if (given === undefined) throw new UsageError('Which run? Give its id, the end of its id, or last.');
  if (z.safeParse(RunId, given).success) return given;
  if (given === 'last') {
    const [newest] = must(await call.daemon.client.call('listRuns', { query: { limit: 1 } })).runs;
    if (newest === undefined) throw new UsageError('There is no run yet.');
    return newest.id;
  }
  const { runs } = must(await call.daemon.client.call('listRuns', { query: { limit: 200 } }));
  const letters = given.toLowerCase().replace(/^run_/, '');
  const fitting = runs.filter(({ id }) => letters.length >= LEAST && (id.endsWith(letters) || id.startsWith(`run_${letters}`)));
  const [one, ...more] = fitting;
  if (one === undefined) throw new UsageError(`"${given}" is no run.${nearRun(given, runs)}`);
  if (more.length > 0)
    throw new UsageError(`"${given}" may be any of these:\n${fitting.map(({ id, title }) => `  ${id}  ${title}`).join('\n')}`);
  return one.id;
}

/** A sentence that names the run somebody may have meant, or nothing. */
export function nearRun(given: string, runs: readonly Run[]): string {
  const near = nearest(
    given,
    runs.map(({ id }) => id),
    4,
  );
  const run = runs.find(({ id }) => id === near);
  return run === undefined ? '' : ` Did you mean ${run.id} (${run.title})?`;
}
