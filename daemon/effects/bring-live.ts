import type { LogSink } from '../ports.ts';
import type { Parts } from './parts.ts';
import { setupOf, startCommand } from './set-up.ts';

export interface BringLive {
  /** Release whose process takes the traffic; of a rollback the one it goes back to. */
  processId: string;
  commit: string;
  migrate: boolean;
  log: LogSink;
  signal: AbortSignal;
}

export type Brought =
  | { ok: true; previous?: string }
  | { ok: false; step: 'settings' | 'checkout' | 'setup' | 'build' | 'migrate' | 'start' | 'health' | 'switch'; detail: string };

/** Builds, starts beside the live one, waits until healthy, then moves the traffic. Repeated after a crash it goes on where it was. */
export async function bringLive(parts: Parts, { processId, commit, migrate, log, signal }: BringLive): Promise<Brought> {
  const { deployer, settingsAt } = parts;
  const before = await deployer.live();
  if (before === processId) return { ok: true };
  const at = await settingsAt(commit);
  if (!at.ok) return { ok: false, step: 'settings', detail: at.problems.join('; ') };
  const { deploy, timeouts } = at.settings;
  const spec = {
    releaseId: processId,
    commit,
    ...(deploy.build === undefined ? {} : { build: deploy.build }),
    ...(deploy.migrate === undefined ? {} : { migrate: deploy.migrate }),
    start: startCommand(parts.sandbox, deploy.start, deploy.static),
    env: deploy.env,
    appFolder: at.settings.folder,
    setup: { setup: setupOf(at.settings), env: parts.environment.of('setup'), timeoutMs: timeouts.setupMs },
    health: deploy.health,
    timeoutMs: timeouts.deployMs,
  };
  const prepared = await deployer.prepare(spec, log, signal);
  if (prepared.end === 'failed') return { ok: false, step: prepared.step, detail: prepared.detail };
  const started = await deployer.start(spec, { migrate }, log, signal);
  if (started.end === 'failed') {
    if (!signal.aborted) await deployer.discard(processId);
    return { ok: false, step: started.step, detail: started.detail };
  }
  if (signal.aborted) return { ok: false, step: 'switch', detail: 'stopped' };
  const switched = await deployer.switchTo(processId, before);
  if (switched.end === 'not_running') {
    await deployer.discard(processId);
    return { ok: false, step: 'health', detail: 'the release ended before it got traffic' };
  }
  if (switched.end === 'moved' && switched.live !== processId) {
    await deployer.discard(processId);
    return { ok: false, step: 'switch', detail: `another release went live meanwhile: ${switched.live ?? 'none'}` };
  }
  return { ok: true, ...(before === undefined ? {} : { previous: before }) };
}
