/** The name of a run across daemons. */
export function runKey(daemonId: string, runId: string): string {
  return `${daemonId}/${runId}`;
}
