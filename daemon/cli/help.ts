import type { Command } from './commands.ts';

/** What `codex-builder --help` prints. */
export function helpText(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ usage }) => usage.length));
  const lines = commands.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`);
  return `codex-builder: a client of the running daemon\n\n${lines.join('\n')}\n
Every command takes --json, and --repo PATH or --state DIR to choose the daemon
(default: the repository of the current folder, else the sample app).

Examples
  codex-builder request "Make the headline say hello"
  codex-builder approve run_01…
  codex-builder rollback last-healthy\n`;
}
