import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSampleRepository } from '../../scripts/set-up/sample-repository.mjs';

/** The sample's own files. */
export const SAMPLE = join(import.meta.dirname, '..', '..', 'scripts', 'sample-app');

/** A fresh repository of the sample below a folder. */
export async function makeSample(folder: string): Promise<string> {
  return (await ensureSampleRepository(join(folder, 'sample-app'), SAMPLE)).repo;
}

/** Runs one of the sample's programs to its end. Throws when it fails. */
export function runNode(repo: string, args: readonly string[], dataFolder: string): string {
  mkdirSync(dataFolder, { recursive: true });
  const run = spawnSync(process.execPath, [...args], { cwd: repo, encoding: 'utf8', env: environment(dataFolder) });
  if (run.status !== 0) throw new Error(`node ${args.join(' ')} ended with ${run.status ?? run.signal}: ${run.stdout}${run.stderr}`);
  return run.stdout;
}

/** A shop that listens. `stop` ends it politely and answers its exit code. */
export interface Shop {
  base: string;
  child: ChildProcess;
  stop(): Promise<number | null>;
}

/** Starts the shop on a free port and waits until it says where. */
export async function startShop(repo: string, dataFolder: string): Promise<Shop> {
  const child = spawn(process.execPath, ['server.mjs'], {
    cwd: repo,
    env: { ...environment(dataFolder), PORT: '0', RELEASE_COMMIT: 'abc' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const base = /http:\S+/.exec(String(line))?.[0];
  if (base === undefined) throw new Error(`the shop said ${String(line)}`);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    return (await ended)[0];
  };
  return { base, child, stop };
}

function environment(dataFolder: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '', DATA_DIR: dataFolder, TMPDIR: dataFolder };
}
