import type { PreviewDataRequest, ProcessOutcome, Sandbox } from '../../ports.ts';

/** What a command of the app needs to work on a data folder. */
export type DataCommand = Pick<
  PreviewDataRequest,
  'runId' | 'seat' | 'worktree' | 'cwd' | 'mounts' | 'env' | 'timeoutMs' | 'log' | 'signal'
> & {
  dataFolder: string;
};

const OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs a command of the app in the sandbox, without network, on one data folder. Answers why it failed, or undefined. */
export async function runOnData(sandbox: Sandbox, purpose: 'seed' | 'migrate', command: string, on: DataCommand): Promise<ProcessOutcome> {
  const tag = `${on.runId}/${purpose}`;
  await sandbox.sweep(tag);
  await sandbox.own(on.worktree, on.seat);
  await sandbox.own(on.dataFolder, on.seat);
  return sandbox.run({
    tag,
    seat: on.seat,
    argv: ['/bin/sh', '-c', command],
    cwd: on.cwd ?? '/app',
    mounts: [{ host: on.worktree, inside: '/app', mode: 'rw' }, { host: on.dataFolder, inside: '/data', mode: 'rw' }, ...(on.mounts ?? [])],
    env: { NODE_ENV: 'development', ...on.env, DATA_DIR: '/data' },
    net: { kind: 'none' },
    log: on.log,
    timeoutMs: on.timeoutMs,
    outputBytes: OUTPUT_BYTES,
    signal: on.signal,
  });
}

/** Why a program did not do what it was for; undefined when it did. */
export function troubleOf(outcome: ProcessOutcome): string | undefined {
  if (outcome.survivors.length > 0) return `processes cannot be ended: ${outcome.survivors.join(', ')}`;
  if (outcome.end === 'exited' && outcome.code === 0) return undefined;
  const how =
    outcome.end === 'exited'
      ? `exit code ${outcome.code}`
      : outcome.end === 'not_started'
        ? outcome.detail
        : outcome.end.replaceAll('_', ' ');
  return outcome.stderrTail.trim() === '' ? how : `${how}: ${outcome.stderrTail.trim().slice(-2_000)}`;
}
