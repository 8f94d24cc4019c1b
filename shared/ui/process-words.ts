import type { Release } from '../release.ts';
import { ago } from './relative-time.ts';

/** How the process of a live release has done; undefined where there is nothing to say. `down`: it does not run now. */
export function processWords({ process }: Release, now: number): { down: boolean; text: string } | undefined {
  if (process === undefined || (process.running && process.restarts === 0)) return undefined;
  const { running, restarts, startedAt, ended } = process;
  if (!running) return { down: true, text: 'It does not run now. It is started again by itself.' };
  const how = ended === undefined ? '' : `; it had ended by itself (${ended.how})`;
  return { down: false, text: `Started again ${restarts === 1 ? 'once' : `${restarts} times`}, last ${ago(startedAt, now)}${how}.` };
}
