import { isTerminal } from '../core/run-machine.ts';
import type { Queries } from '../store/queries.ts';

/**
 * Whether nothing will come after this byte of a log that nobody writes just now. What a killed daemon left half written goes
 * on when its step is done again: it is at its end when its writer closed it there, or its run is over.
 */
export function isEndOfLog(queries: Pick<Queries, 'find' | 'artifacts'>, owner: string, name: string, next: number): boolean {
  const run = queries.find(owner);
  return run === undefined || isTerminal(run.state) || queries.artifacts(owner).get(`log/${name}`)?.bytes === next;
}
