import { plainJson } from '#shared/plain-json.ts';
import { createRedactor } from '../../core/redact.ts';
import type { Log } from '../../ports.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** One JSON line a call, secrets redacted, below `level` nothing. `secrets` may grow later. */
export function createLog(write: (line: string) => void, level: string, secrets: readonly string[]): Log {
  const least = Math.max(0, LEVELS.indexOf(level as (typeof LEVELS)[number]));
  return (at, message, fields) => {
    if (LEVELS.indexOf(at) < least) return;
    // Also as they stand in JSON: a key of several lines is written differently there.
    const redactor = createRedactor([...secrets, ...secrets.map((secret) => plainJson(secret).slice(1, -1))]);
    const own = { at: new Date().toISOString(), level: at, message };
    write(`${redactor.push(plainJson({ ...own, ...fields, ...own }))}${redactor.flush()}\n`);
  };
}
