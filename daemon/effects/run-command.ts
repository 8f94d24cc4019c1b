import type { Run } from '../core/run.ts';
import type { CheckEnd } from '../core/run-events.ts';
import type { ProcessOutcome } from '../ports.ts';
import { mountsOf } from './mounts-of.ts';
import type { Context, Parts } from './parts.ts';

export interface CommandRequest {
  /** Whose command it is: a run, or a release that belongs to none. */
  run: Pick<Run, 'id'>;
  /** Of the log, and of the process tag. */
  name: string;
  command: string;
  env: Readonly<Record<string, string>>;
  /** The worktree on the host. */
  folder: string;
  /** Where it runs inside. */
  cwd: string;
  seat: number;
  timeoutMs: number;
}

export type CommandResult = { passed: boolean; status: CheckEnd; exitCode?: number; detail: string };

/** Bytes a command may write before it is stopped. */
const OUTPUT_BYTES = 20 * 1024 * 1024;

/** Runs one of the app's own commands in the sandbox, without network, its output in a log of the run. */
export async function runCommand(
  parts: Parts,
  context: Pick<Context, 'signal' | 'openLog'>,
  request: CommandRequest,
): Promise<CommandResult> {
  const { run, name, command, env, folder, cwd, seat, timeoutMs } = request;
  const log = context.openLog(name);
  log.write(`$ ${command}\n`);
  const outcome = await parts.sandbox.run({
    tag: `${run.id}/${name}`,
    seat,
    argv: ['/bin/sh', '-c', command],
    cwd,
    mounts: [{ host: folder, inside: '/app', mode: 'rw' }, ...(await mountsOf(parts, folder))],
    env: { CI: '1', ...env },
    net: { kind: 'none' },
    log,
    timeoutMs,
    outputBytes: OUTPUT_BYTES,
    signal: context.signal,
  });
  const result = judge(outcome, timeoutMs);
  log.write(`\n[${result.detail} in ${(outcome.durationMs / 1000).toFixed(1)} s]\n`);
  await log.close();
  if (outcome.survivors.length > 0) throw new Error(`${name} left processes that could not be ended: ${outcome.survivors.join(', ')}`);
  return result;
}

/** What the end of a command means. */
export function judge(outcome: ProcessOutcome, timeoutMs: number): CommandResult {
  switch (outcome.end) {
    case 'exited':
      return {
        passed: outcome.code === 0,
        status: outcome.code === 0 ? 'passed' : 'failed',
        exitCode: outcome.code,
        detail: `exit code ${outcome.code}`,
      };
    case 'signaled':
      return { passed: false, status: 'failed', detail: `ended by ${outcome.signal}` };
    case 'timed_out':
      return { passed: false, status: 'timed_out', detail: `stopped after ${Math.round(timeoutMs / 1000)} s` };
    case 'flooded':
      return { passed: false, status: 'failed', detail: `stopped after ${OUTPUT_BYTES / 1024 / 1024} MiB of output` };
    case 'stopped':
      return { passed: false, status: 'stopped', detail: 'stopped' };
    case 'not_started':
      return { passed: false, status: 'failed', detail: `could not be started: ${outcome.detail}` };
  }
}
