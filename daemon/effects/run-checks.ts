import type { Settings } from '../config/settings.ts';
import type { ReportCommand } from '../core/commands.ts';
import type { Run } from '../core/run.ts';
import type { CheckStage } from '../core/run-events.ts';
import type { Context, Parts, RunHandler } from './parts.ts';
import { runCommand } from './run-command.ts';
import { seatOf } from './seat.ts';
import { insideFolder, setUp } from './set-up.ts';

/** Runs the command checks on a clean checkout of the run's commit. */
export const runChecks =
  (parts: Parts): RunHandler =>
  async (run, context) => {
    const at = await parts.settingsAt(run.baseCommit!);
    if (!at.ok) throw new Error('the settings of the base were valid a moment ago');
    const failed = await checkCommit(parts, context, {
      run,
      stage: 'branch',
      commit: run.headCommit!,
      folder: run.worktree!,
      seat: seatOf(run.slot!),
      settings: at.settings,
      budgetMs: at.settings.timeouts.checksMs,
    });
    if (context.signal.aborted) return 'done';
    if (failed === undefined) context.finish({ type: 'report_checks_passed', fence: run.fence!, commit: run.headCommit! });
    else if (failed.setup) context.finish({ type: 'report_failed', reason: 'SETUP_FAILED', detail: failed.detail });
    else {
      const { detail, logs } = failed;
      const { repairs } = at.settings.limits;
      context.finish({ type: 'report_checks_failed', fence: run.fence!, commit: run.headCommit!, detail, logs, repairs });
    }
    return 'done';
  };

/** Where checks are reported: a run's ledger, or for a release that belongs to no run only its logs. */
export type CheckContext = Pick<Context, 'signal' | 'openLog'> & { report(command: ReportCommand): unknown };

export interface CheckCommit {
  run: Pick<Run, 'id'>;
  stage: CheckStage;
  commit: string;
  folder: string;
  seat: number;
  settings: Settings;
  /** For all checks together. */
  budgetMs: number;
}

/**
 * Checks out exactly `commit`, sets it up and runs every command check, also
 * after one failed, so that a person sees all of them. Answers what is wrong with the required ones.
 */
export async function checkCommit(
  parts: Parts,
  context: CheckContext,
  request: CheckCommit,
): Promise<{ setup: boolean; detail: string; logs: readonly string[] } | undefined> {
  const { run, stage, commit, folder, seat, settings } = request;
  const { repository, sandbox, clock } = parts;
  const checkedOut = await repository.checkout({ folder, at: commit, signal: context.signal });
  if (!checkedOut.ok) throw new Error(checkedOut.detail);
  await sandbox.own(folder, seat);
  const prefix = stage === 'gate' ? 'gate-' : '';
  const unready = await setUp(parts, context, { run, name: `${prefix}setup`, commit, folder, seat, settings });
  if (unready !== undefined) return { setup: true, detail: `setup: ${unready}`, logs: [] };
  const cwd = insideFolder(settings);
  const until = clock.elapsed() + request.budgetMs;
  const failed: string[] = [];
  const logs: string[] = [];
  for (const check of settings.checks) {
    const log = `${prefix}check-${check.name}`;
    context.report({
      type: 'report_check_started',
      name: check.name,
      kind: 'command',
      stage,
      required: check.required,
      command: check.command,
      log,
    });
    const timeoutMs = Math.max(1, Math.min(check.timeoutMs ?? request.budgetMs, until - clock.elapsed()));
    const env = { ...check.env, ...parts.environment.of('checks') };
    const result = await runCommand(parts, context, { run, name: log, command: check.command, env, folder, cwd, seat, timeoutMs });
    context.report({
      type: 'report_check_ended',
      name: check.name,
      stage,
      status: result.status,
      detail: result.detail,
      ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
    });
    if (!result.passed && check.required) {
      failed.push(`${check.name}: ${result.detail}`);
      logs.push(log);
    }
  }
  return failed.length === 0 ? undefined : { setup: false, detail: failed.join('; '), logs };
}
