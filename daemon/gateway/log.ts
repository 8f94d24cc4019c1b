import { plainJson } from '#shared/plain-json.ts';

export type GatewayLog = (level: 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** One JSON line a call on standard error, which the starter points at a file. */
export const logLine: GatewayLog = (level, message, fields) => {
  process.stderr.write(lineOf(level, message, fields));
};

export function lineOf(...[level, message, fields = {}]: Parameters<GatewayLog>): string {
  const own = { at: new Date().toISOString(), level, message };
  return `${plainJson({ ...own, ...fields, ...own })}\n`;
}
