import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { ReleaseSpec } from '../../ports.ts';
import { TAG_VARIABLE } from '../process-facts.ts';

/** What production keeps from release to release. */
export interface ProductionHome {
  dataDir: string;
  /** Secrets as dotenv lines, 0600. They reach the app by its environment only; PATH, HOME and TMPDIR belong in `deploy.env`. */
  envFile: string;
  /** HOME of production's programs when they are not confined, so that nothing is written to the person's. */
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

/** Seat of production's programs: its user, where the sandbox has users. No slot has it, so no preview is the same user. */
export const PRODUCTION_SEAT = 63;

/** Makes a command line that shows a program the system, `/app` and `/data` and nothing else of the daemon. */
export type Confine = (program: {
  argv: readonly [string, ...string[]];
  seat: number;
  folder: { host: string; mode: 'ro' | 'rw' };
  /** Working directory below `/app`. */
  appFolder?: string;
  dataFolder: string;
  env: Readonly<Record<string, string>>;
}) => { argv: readonly [string, ...string[]]; env: Readonly<Record<string, string>> };

/** A program of production as it is started. What only the starter knows (port, secrets, release) goes on top of `env`. */
export interface ProductionProgram {
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** The data folder as the program sees it. */
  dataDir: string;
}

/** How a command of the app becomes a program of production, the release's folder being its working directory. Secrets are not in it. */
export function productionProgram(
  command: string,
  folder: string,
  spec: ReleaseSpec,
  home: ProductionHome,
  how: { baseEnv: Readonly<Record<string, string>>; confine?: Confine | undefined },
): ProductionProgram {
  const argv = ['/bin/sh', '-c', command] as const;
  if (how.confine === undefined)
    return { argv, cwd: join(folder, spec.appFolder ?? '.'), env: { ...how.baseEnv, HOME: home.home, ...spec.env }, dataDir: home.dataDir };
  const confined = how.confine({
    argv,
    seat: PRODUCTION_SEAT,
    folder: { host: folder, mode: 'rw' },
    ...(spec.appFolder === undefined ? {} : { appFolder: spec.appFolder }),
    dataFolder: home.dataDir,
    env: spec.env,
  });
  return { ...confined, cwd: '/', dataDir: '/data' };
}

/** The whole environment of a migration: what a release gets, without a port. Throws when the secrets cannot be read. */
export function migrationEnvironment(
  program: ProductionProgram,
  spec: ReleaseSpec,
  home: ProductionHome,
  tag: string,
): Record<string, string> {
  return {
    NODE_ENV: 'production',
    ...program.env,
    ...(parseEnv(readFileSync(home.envFile, 'utf8')) as Record<string, string>),
    DATA_DIR: program.dataDir,
    RELEASE_ID: spec.releaseId,
    RELEASE_COMMIT: spec.commit,
    [TAG_VARIABLE]: tag,
  };
}
