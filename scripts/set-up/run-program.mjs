import { spawn } from 'node:child_process';

const KEPT_BYTES = 64 * 1024;

/**
 * Runs a program to its end, quietly: its output is kept (the last 64 KiB), or goes to our stderr with `show`.
 * Ctrl-C and TERM reach its whole process group first, then end us the same way.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, timeoutMs?: number }} [options]
 * @returns {Promise<{ code: number, output: string }>} code 127 when it could not be started, 128 + n when a signal ended it
 */
export function runProgram(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      detached: true,
      stdio: ['ignore', options.show ? 2 : 'pipe', options.show ? 2 : 'pipe'],
    });
    let output = '';
    /** @param {NodeJS.Signals} signal */
    const killGroup = (signal) => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, signal);
    };
    /** @param {NodeJS.Signals} signal */
    const passOn = (signal) => {
      killGroup(signal);
      release();
      process.kill(process.pid, signal);
    };
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => killGroup('SIGKILL'), options.timeoutMs);
    const release = () => {
      clearTimeout(timer);
      process.off('SIGINT', passOn);
      process.off('SIGTERM', passOn);
    };
    process.on('SIGINT', passOn);
    process.on('SIGTERM', passOn);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-KEPT_BYTES);
      });
    }
    child.once('error', (error) => {
      release();
      resolve({ code: 127, output: error.message });
    });
    child.once('close', (code, signal) => {
      release();
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 128), output });
    });
  });
}
