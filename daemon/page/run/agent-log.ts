import type { LogInfo } from '#shared/run.ts';

/** The log of the newest attempt, else whichever log there is. */
export function agentLog(logs: readonly LogInfo[]): LogInfo | undefined {
  const agents = logs.filter((log) => /^(agent|attempt)/.test(log.name));
  return agents.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })).at(-1) ?? logs[0];
}
