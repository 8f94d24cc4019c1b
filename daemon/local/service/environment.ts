import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { environmentFile } from './unit.ts';

/** Variables that the unit says itself. */
const SAID = new Set(['REPO', 'STATE', 'PORT', 'GATEWAY_PORT', 'FALLBACK_REPO'].map((name) => `CODEX_BUILDER_${name}`));
const HEAD = '# Variables of the daemon, such as CODEX_BUILDER_AGENT_API_KEY. Only you can read this file.\n';

/** What was kept, and where. */
export interface KeptEnvironment {
  file: string;
  names: readonly string[];
  /** The file was there already, and is the person's. */
  wasThere: boolean;
}

/** Keeps the daemon's variables of this shell where only its user can read them: a unit can be read by everybody. */
export function keepEnvironment(stateFolder: string, env: Readonly<Record<string, string | undefined>>): KeptEnvironment {
  const file = environmentFile(stateFolder);
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  if (existsSync(file)) return { file, names: [], wasThere: true };
  const own = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[0].startsWith('CODEX_BUILDER_') && !SAID.has(entry[0]) && Boolean(entry[1]),
  );
  writeFileSync(file, HEAD + own.map(([name, value]) => `${name}="${quoted(value)}"\n`).join(''), { mode: 0o600 });
  return { file, names: own.map(([name]) => name), wasThere: false };
}

/** Inside double quotes systemd takes a backslash before these, and a line break as it is. */
function quoted(value: string): string {
  return value.replace(/[\\"$`]/g, '\\$&');
}
