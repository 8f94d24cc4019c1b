import { type ChildProcess, spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { onTestFinished } from 'vitest';
import { MIGRATIONS } from './temporary-store.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Builds a program of this folder once, so that starting it costs no more than starting Node. */
export function buildProgram(name: string, into: string): string {
  const outfile = join(into, `${name}.mjs`);
  symlinkSync(join(ROOT, 'node_modules'), join(into, 'node_modules'));
  buildSync({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'silent',
  });
  return outfile;
}

export interface Writer {
  pid: number;
  /** Every line it said so far. */
  said: readonly string[];
  /** Settles when it has said a line that fits. */
  until(fits: (line: string) => boolean): Promise<void>;
  /** SIGKILL; settles when it is gone and all it said was read. */
  kill(): Promise<void>;
}

/** Starts a writer on a state folder. One that a test forgot is killed when the test ends. */
export function startWriter(program: string, folder: string, first = 1): Writer {
  const child: ChildProcess = spawn(process.execPath, [program, folder, MIGRATIONS, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  const waiting = new Set<() => void>();
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => {
    said.push(line);
    for (const look of waiting) look();
  });
  const gone = new Promise<void>((done) => child.once('close', () => done()));
  const kill = () => {
    child.kill('SIGKILL');
    return gone;
  };
  onTestFinished(kill);
  return {
    pid: child.pid!,
    said,
    kill,
    until: (fits) =>
      new Promise((done, fail) => {
        const look = () => {
          if (!said.some(fits)) return;
          waiting.delete(look);
          done();
        };
        waiting.add(look);
        void gone.then(() => fail(new Error(`the writer ended after ${said.length} lines`)));
        look();
      }),
  };
}
