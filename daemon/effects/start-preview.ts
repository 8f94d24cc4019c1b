import type { Settings } from '../config/settings.ts';
import type { Run } from '../core/run.ts';
import { routesToSmoke } from '../core/smoke-routes.ts';
import { mountsOf } from './mounts-of.ts';
import type { Context, Parts, RunHandler } from './parts.ts';
import { runCommand } from './run-command.ts';
import { seatOf } from './seat.ts';
import { seedRequest } from './seed-request.ts';
import { insideFolder, startCommand } from './set-up.ts';

/**
 * Starts the run's commit in its slot. While testing it also migrates the
 * preview data and visits the routes; later it only brings back a preview that went down with the daemon.
 */
export const startPreview =
  (parts: Parts): RunHandler =>
  async (run, context, effect) => {
    const at = await parts.settingsAt(run.baseCommit!);
    if (!at.ok) throw new Error('the settings of the base were valid a moment ago');
    const { settings } = at;
    if (run.state !== 'testing') {
      await revive(parts, context, run, settings);
      return 'done';
    }
    const problem = await migrateData(parts, context, run, settings, effect.interrupted || effect.tries > 1 || run.repairs > 0);
    if (problem !== undefined) {
      context.finish({ type: 'report_failed', reason: 'PREVIEW_DATA_FAILED', detail: problem });
      return 'done';
    }
    const built = await build(parts, context, run, settings);
    if (built !== undefined) {
      if (!context.signal.aborted) context.finish({ type: 'report_checks_failed', ...built, fence: run.fence!, commit: run.headCommit! });
      return 'done';
    }
    const started = await start(parts, context, run, settings);
    context.report({
      type: 'report_check_started',
      name: 'health',
      kind: 'health',
      stage: 'branch',
      required: true,
      command: `GET ${settings.preview.health.path}`,
      log: 'preview',
    });
    if (started.end === 'failed') {
      context.report({ type: 'report_check_ended', name: 'health', stage: 'branch', status: 'failed', detail: started.detail });
      context.finish({ type: 'report_failed', reason: 'PREVIEW_FAILED', detail: started.detail });
      return 'done';
    }
    context.report({ type: 'report_check_ended', name: 'health', stage: 'branch', status: 'passed', detail: 'listening and healthy' });
    context.report({ type: 'report_preview_started', fence: run.fence!, url: started.url, commit: run.headCommit! });
    const failed = await smoke(parts, context, run, settings);
    if (failed.length > 0) {
      const { repairs } = settings.limits;
      context.finish({
        type: 'report_checks_failed',
        fence: run.fence!,
        commit: run.headCommit!,
        detail: failed.join('; '),
        logs: ['preview'],
        repairs,
      });
    } else context.finish({ type: 'report_preview_ready', fence: run.fence!, commit: run.headCommit! });
    return 'done';
  };

/** Builds what the preview serves; a check of its own. Answers what was wrong. */
async function build(parts: Parts, context: Context, run: Run, settings: Settings) {
  const command = settings.preview.build;
  if (command === undefined) return undefined;
  // No check of the app can have this name.
  const check = { name: 'preview build', stage: 'branch' } as const;
  const log = 'preview-build';
  context.report({ type: 'report_check_started', ...check, kind: 'command', required: true, command, log });
  const { passed, status, detail, exitCode } = await runCommand(parts, context, {
    run,
    name: log,
    command,
    env: { ...settings.preview.env, ...parts.environment.of('preview') },
    folder: run.worktree!,
    cwd: insideFolder(settings),
    seat: seatOf(run.slot!),
    timeoutMs: settings.timeouts.setupMs,
  });
  context.report({ type: 'report_check_ended', ...check, status, detail, ...(exitCode === undefined ? {} : { exitCode }) });
  return passed ? undefined : { detail: `${check.name}: ${detail}`, logs: [log], repairs: settings.limits.repairs };
}

async function start(parts: Parts, context: Context, run: Run, settings: Settings) {
  const env = { ...settings.preview.env, ...parts.environment.of('preview') };
  const log = context.openLog('preview');
  const outcome = await parts.previewer.start({
    runId: run.id,
    slot: run.slot!,
    seat: seatOf(run.slot!),
    worktree: run.worktree!,
    commit: run.headCommit!,
    command: startCommand(parts.sandbox, settings.preview.command, settings.preview.static),
    cwd: insideFolder(settings),
    mounts: await mountsOf(parts, run.worktree!),
    env,
    dataFolder: parts.folders.data(run.slot!),
    health: settings.preview.health,
    log,
    signal: context.signal,
  });
  if (outcome.end === 'failed') await log.close();
  return outcome;
}

async function revive(parts: Parts, context: Context, run: Run, settings: Settings): Promise<void> {
  if (parts.previewer.health(run.slot!) === 'healthy') return;
  const outcome = await start(parts, context, run, settings);
  if (outcome.end === 'listening')
    context.finish({ type: 'report_preview_started', fence: run.fence!, url: outcome.url, commit: run.headCommit! });
  else if (!context.signal.aborted) context.finish({ type: 'report_preview_ended', fence: run.fence!, detail: outcome.detail });
}

async function migrateData(parts: Parts, context: Context, run: Run, settings: Settings, again: boolean): Promise<string | undefined> {
  const command = settings.deploy.migrate;
  if (command === undefined) return undefined;
  const log = context.openLog('data');
  const request = await seedRequest(parts, run, settings, log, context.signal);
  try {
    if (again) {
      // The daemon died somewhere in here: begin from the seed, so that nothing is applied twice.
      const reset = await parts.previewData.reset(request);
      if (!reset.ok) return reset.detail;
    }
    const migration = await parts.previewData.migrate({ ...request, command });
    context.report({ type: 'report_migration', fence: run.fence!, migration });
    return migration.status === 'applied' ? undefined : `${command}: ${migration.error ?? migration.status}`;
  } finally {
    await log.close();
  }
}

/** Visits the captured, core and touched routes of the preview; each is a check of its own. */
async function smoke(parts: Parts, context: Context, run: Run, settings: Settings): Promise<readonly string[]> {
  const { previewer, deployer, repository } = parts;
  const changed = (await repository.diff(run.baseCommit!, run.headCommit!)).map((file) => file.path);
  const failed: string[] = [];
  for (const route of routesToSmoke(changed, run.route, settings.smoke)) {
    const name = `smoke ${route}`;
    context.report({ type: 'report_check_started', name, kind: 'smoke', stage: 'branch', required: true, command: `GET ${route}` });
    const probe = await previewer.request(run.slot!, route, 15_000);
    let passed = probe.end === 'answered' && probe.status < 400;
    let detail = probe.end === 'answered' ? `${probe.status} in ${Math.round(probe.durationMs)} ms` : probe.detail;
    if (!passed && probe.end === 'answered') {
      const production = await deployer.probe(route, 5_000);
      if (production.end === 'answered' && production.status === probe.status) {
        passed = true;
        detail += ', as in production';
      }
    }
    context.report({ type: 'report_check_ended', name, stage: 'branch', status: passed ? 'passed' : 'failed', detail });
    if (!passed) failed.push(`${name}: ${detail}`);
  }
  return failed;
}
