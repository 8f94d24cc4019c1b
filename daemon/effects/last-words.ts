import type { Parts } from './parts.ts';

const BYTES = 4_000;
const LINES = 12;
const COLOURS = /\u001b\[[\d;]*[A-Za-z]/g;
/** Lines of ours, and what npm always says at the end. */
const NOISE = /^(?:\$ |\[|npm notice\b|npm error A complete log\b)/;

/** What went wrong, and how the log of it ends. The log has been through the redactor, which what a command said has not. It must be closed. */
export function withLastWords({ logs }: Pick<Parts, 'logs'>, detail: string, ownerId: string, name: string): string {
  const bytes = logs.list(ownerId).find((log) => log.name === name)?.bytes ?? 0;
  const end = logs.read(ownerId, name, Math.max(0, bytes - BYTES))?.text ?? '';
  const lines = end.replace(COLOURS, '').split('\n');
  const worthy = lines.filter((line) => line.trim() !== '' && !NOISE.test(line)).slice(-LINES);
  return worthy.length === 0 ? detail : `${detail}; its last words:\n${worthy.join('\n')}`;
}
