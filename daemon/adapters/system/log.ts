import { createRedactor } from '../../core/redact.ts';
import type { Log } from '../../ports.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** One JSON line a call, secrets redacted, below `level` nothing. */
export function createLog(write: (line: string) => void, level: string, secrets: readonly string[]): Log {
  const least = Math.max(0, LEVELS.indexOf(level as (typeof LEVELS)[number]));
  return (at, message, fields) => {
    if (LEVELS.indexOf(at) < least) return;
    const redactor = createRedactor(secrets);
    write(`${redactor.push(JSON.stringify({ at: new Date().toISOString(), level: at, message, ...fields }))}${redactor.flush()}\n`);
  };
}
