import { spawn } from 'node:child_process';

/** How a program ended: its exit code, and what it wrote. 127: it could not be started. */
export interface Ended {
  code: number;
  stdout: Buffer;
  stderr: string;
}

const DEFAULT_MS = 30_000;
const KEPT_BYTES = 64 * 1024 * 1024;

/**
 * Runs a program for the person at the terminal: with their environment, in their process group, so that Ctrl-C reaches it and their
 * hooks and signing programs find what they need. The daemon never runs anything this way.
 */
export function runAsPerson(
  argv: readonly [string, ...string[]],
  options: { cwd: string; env: Readonly<Record<string, string | undefined>>; timeoutMs?: number; stdin?: 'inherit' },
): Promise<Ended> {
  const [program, ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? DEFAULT_MS,
      killSignal: 'SIGKILL',
    });
    const out: Buffer[] = [];
    let kept = 0;
    let stderr = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      kept += chunk.length;
      if (kept <= KEPT_BYTES) out.push(chunk);
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-KEPT_BYTES);
    });
    child.once('error', (error) => resolve({ code: 127, stdout: Buffer.alloc(0), stderr: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 128, stdout: Buffer.concat(out), stderr: stderr.trim() }));
  });
}
