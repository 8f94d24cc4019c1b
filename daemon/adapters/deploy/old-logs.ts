import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Logs of releases that are kept when they run no more. The gateway bounds the size of each that runs. */
const KEPT = 20;

/** Removes the oldest logs of releases; those of `busy` ones stay. */
export function dropOldLogs(folder: string, busy: ReadonlySet<string>): void {
  if (!existsSync(folder)) return;
  const old = readdirSync(folder)
    .filter((name) => name.endsWith('.log') && !busy.has(name.slice(0, -'.log'.length)))
    .map((name) => ({ path: join(folder, name), writtenAt: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.writtenAt - a.writtenAt)
    .slice(KEPT);
  for (const { path } of old) rmSync(path, { force: true });
}
