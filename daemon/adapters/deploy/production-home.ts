import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { ReleaseSpec } from '../../ports.ts';
import { TAG_VARIABLE } from '../process-facts.ts';

/** What production keeps from release to release. */
export interface ProductionHome {
  dataDir: string;
  /** Secrets as dotenv lines, 0600. */
  envFile: string;
  /** HOME of production's programs, so that nothing is written to the person's. */
  home: string;
}

/** Makes `<state>/production/{data,env,home}` where missing; what is there is left as it is. */
export function openProductionHome(stateFolder: string): ProductionHome {
  const root = join(stateFolder, 'production');
  const home: ProductionHome = { dataDir: join(root, 'data'), envFile: join(root, 'env'), home: join(root, 'home') };
  for (const folder of [root, home.dataDir, home.home]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  closeSync(openSync(home.envFile, 'a', 0o600));
  return home;
}

/** How a command of the app becomes a program of production: the one place to confine it. */
export function productionArgv(command: string): [string, ...string[]] {
  return ['/bin/sh', '-c', command];
}

/** The part of production's environment that is no secret. */
export function openEnvironment(spec: ReleaseSpec, home: ProductionHome, base: Readonly<Record<string, string>>): Record<string, string> {
  return { ...base, HOME: home.home, ...spec.env };
}

/** The whole environment of a migration: what a release gets, without a port. Throws when the secrets cannot be read. */
export function migrationEnvironment(
  spec: ReleaseSpec,
  home: ProductionHome,
  base: Readonly<Record<string, string>>,
  tag: string,
): Record<string, string> {
  return {
    NODE_ENV: 'production',
    ...openEnvironment(spec, home, base),
    ...(parseEnv(readFileSync(home.envFile, 'utf8')) as Record<string, string>),
    DATA_DIR: home.dataDir,
    RELEASE_ID: spec.releaseId,
    RELEASE_COMMIT: spec.commit,
    [TAG_VARIABLE]: tag,
  };
}
