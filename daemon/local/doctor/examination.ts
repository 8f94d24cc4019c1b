import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostSettings } from '../../config/host.ts';
import { loadHostSettings } from '../../config/variables.ts';
import type { Outside } from './outside.ts';

/** What is examined, and with what. */
export interface Examination {
  /** The app's repository; undefined when none was named. */
  repo: string | undefined;
  /** It is the sample, which brings a demo model along. */
  isSample: boolean;
  stateFolder: string;
  migrationsFolder: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Ports that the daemon is started with. */
  ports: { control: number; gateway: number };
  node: { version: string; oldest: string };
  now: number;
  outside: Outside;
  /** What the running daemon says of its sign-in; undefined when none runs or it was not asked. */
  agent: { ready: boolean; found: string; remedy?: string } | undefined;
}

/** Settings of the host, or everything that is wrong with them. */
export function hostOf({ stateFolder, env }: Examination): { ok: true; value: HostSettings } | { ok: false; problems: readonly string[] } {
  const file = join(stateFolder, 'host.jsonc');
  return loadHostSettings(existsSync(file) ? readFileSync(file, 'utf8') : '{}', env);
}
