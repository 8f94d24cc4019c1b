import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { HostEnvironment } from '../../ports.ts';

/**
 * Values of `<state>/env/{setup,checks,preview}.env` (dotenv lines, 0600). Whatever is read may turn up in a log, so every value that
 * looks like a secret joins `secrets`, which the redactor reads when a log is opened.
 */
export function openHostEnvironment(stateFolder: string, secrets: string[]): HostEnvironment {
  const folder = join(stateFolder, 'env');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    of(name) {
      const values = readValues(join(folder, `${name}.env`));
      for (const value of Object.values(values)) if (mayBeSecret(value) && !secrets.includes(value)) secrets.push(value);
      return values;
    },
  };
}

function readValues(file: string): Record<string, string> {
  return existsSync(file) ? (parseEnv(readFileSync(file, 'utf8')) as Record<string, string>) : {};
}

/** Values of a dotenv file that no log may hold. A file that is not there has none. */
export function secretsIn(file: string): readonly string[] {
  return Object.values(readValues(file)).filter(mayBeSecret);
}

/** A plain word (`development`), a number or an address without anything in it is no secret, and to mask it would spoil every log. */
function mayBeSecret(value: string): boolean {
  const isPlain =
    /^[a-z]+$/i.test(value) ||
    /^\d{1,10}$/.test(value) ||
    /^[a-z][a-z0-9+.-]*:\/\/[\w.-]+(:\d+)?\/?$/i.test(value) ||
    /^\.\.?\//.test(value);
  return value.length >= 8 && !isPlain;
}
