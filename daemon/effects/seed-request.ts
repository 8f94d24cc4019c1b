import type { Settings } from '../config/settings.ts';
import type { Run } from '../core/run.ts';
import type { LogSink, PreviewDataRequest } from '../ports.ts';
import { mountsOf } from './mounts-of.ts';
import type { Parts } from './parts.ts';
import { seatOf } from './seat.ts';
import { insideFolder } from './set-up.ts';

/** How a run's preview data is made: the seed of its base, keyed by the base's tree and the settings that shape it. */
export async function seedRequest(
  parts: Parts,
  run: Run,
  settings: Settings,
  log: LogSink,
  signal: AbortSignal,
): Promise<PreviewDataRequest> {
  const { kind, file, seed } = settings.preview.data;
  const tree = await parts.repository.treeOf(run.baseCommit!);
  return {
    runId: run.id,
    seat: seatOf(run.slot!),
    worktree: run.worktree!,
    cwd: insideFolder(settings),
    mounts: await mountsOf(parts, run.worktree!),
    dataFolder: parts.folders.data(run.slot!),
    kind,
    ...(file === undefined ? {} : { file }),
    ...(seed === undefined ? {} : { seed }),
    seedKey: JSON.stringify([tree, kind, file ?? null, seed ?? null]),
    env: { ...settings.preview.env, ...parts.environment.of('preview') },
    timeoutMs: settings.timeouts.setupMs,
    log,
    signal,
  };
}
