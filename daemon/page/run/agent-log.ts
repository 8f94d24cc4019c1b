import type { LogInfo } from '#shared/run.ts';

/** The log in which the agent's work is read: not its transcript, and of several the newest. */
export function agentLog(logs: readonly LogInfo[]): LogInfo | undefined {
  const readable = logs.filter((log) => !log.name.endsWith('.jsonl'));
  const agents = readable.filter((log) => /^agent(-\d+)?$/.test(log.name));
  return agents.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })).at(-1) ?? readable[0] ?? logs[0];
}
