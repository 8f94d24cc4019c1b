import { writeBrief } from '../core/brief.ts';
import { roadOf } from '../core/run.ts';
import type { Repository } from '../ports.ts';
import { chooseStart } from './choose-start.ts';
import type { Parts, RunHandler } from './parts.ts';
import { seatOf } from './seat.ts';
import { placeOf, setUp } from './set-up.ts';
import { sourcesFor } from './source-hints.ts';

/** Makes the slot the run's own: whatever was in it is gone, its worktree is main as it is now, set up, and the brief is stored. */
export const prepareWorktree =
  (parts: Parts): RunHandler =>
  async (run, context) => {
    const { repository, sandbox, previewer, leases, folders, artifacts, progress, queries, ids, clock, settingsAt, log } = parts;
    const slot = run.slot!;
    const seat = seatOf(slot);
    const before = leases.holderBefore(slot, run.fence!);
    const survivors = [...(await previewer.stop(slot)), ...(before === undefined ? [] : await sandbox.sweep(before))];
    if (survivors.length > 0) {
      if (context.signal.aborted) return 'done';
      leases.quarantine(slot, `Processes of the run before could not be ended: ${survivors.join(', ')}.`);
      context.finish({ type: 'report_failed', reason: 'HOST_REFUSED', detail: `${slot} could not be cleaned and is quarantined.` });
      return 'done';
    }
    const synced = await repository.syncFromUpstream(context.signal);
    if (synced.state !== 'in_step') log('info', 'upstream is not in step', { run: run.id, state: synced.state });
    const start = await chooseStart(parts, run, synced.main);
    if (!start.ok) {
      const detail = `main has moved on: taking it back conflicts in ${start.paths.join(', ')}. Ask for it in words instead.`;
      context.finish({ type: 'report_failed', reason: 'MERGE_CONFLICT', detail });
      return 'done';
    }
    if (roadOf(run) === 'commit' && start.commit === start.base) {
      context.finish({ type: 'report_failed', reason: 'NO_CHANGES', detail: 'main has nothing of it any more.' });
      return 'done';
    }
    const at = await settingsAt(start.base);
    if (!at.ok) {
      context.finish({ type: 'report_failed', reason: 'SETTINGS_INVALID', detail: at.problems.join('; ') });
      return 'done';
    }
    const { settings } = at;
    const folder = folders.worktree(slot);
    const ready = await repository.checkout({ folder, at: start.commit, branch: run.branch, signal: context.signal });
    if (!ready.ok) {
      if (context.signal.aborted) return 'done';
      leases.quarantine(slot, ready.detail);
      context.finish({
        type: 'report_failed',
        reason: 'HOST_REFUSED',
        detail: `${slot} could not be cleaned and is quarantined: ${ready.detail}`,
      });
      return 'done';
    }
    await sandbox.own(folder, seat);
    const unready = await setUp(parts, context, { run, name: 'setup', commit: start.commit, branch: run.branch, folder, seat, settings });
    if (unready !== undefined) {
      if (!context.signal.aborted) context.finish({ type: 'report_failed', reason: 'SETUP_FAILED', detail: unready });
      return 'done';
    }
    const capture = queries.context(run.id);
    const sources = run.threadId === undefined ? await sourcesFor(parts, capture, start.commit, context.signal) : undefined;
    const brief = writeBrief({
      ...(run.comments === undefined ? {} : { comments: run.comments }),
      ...(start.conflicts === undefined ? {} : { conflicts: start.conflicts }),
      /** The thread knows the task, the page and the rules already. */
      resumed: run.threadId !== undefined,
      constraints: run.constraints !== false,
      safeMode: run.safeMode === true,
      files: (run.files ?? []).map(({ path, artifact }) => ({ path, text: artifacts.text(artifact) ?? '' })),
      ...(run.map === true ? { map: await codebaseMap(repository, start.base) } : {}),
      place: placeOf(parts, folder, settings),
      title: run.title,
      prompt: run.prompt,
      ...(capture === undefined ? {} : { context: capture }),
      ...(sources === undefined ? {} : { sources }),
      fence: ids.randomHex(8),
      checks: settings.checks,
      hasMigrate: settings.deploy.migrate !== undefined,
      screenshots: (capture?.screenshots ?? []).map((_hash, index) => `/in/screenshot-${index + 1}.png`),
    });
    const kept = artifacts.put(brief);
    progress.artifact(run.id, 'brief', kept, clock.now());
    if (sources !== undefined) progress.artifact(run.id, 'sources', artifacts.put(JSON.stringify(sources)), clock.now());
    context.finish({
      type: 'report_worktree',
      fence: run.fence!,
      baseCommit: start.base,
      worktree: folder,
      brief: kept.hash,
      startCommit: start.commit,
      startTree: await repository.treeOf(start.commit),
      ...(start.parents === undefined ? {} : { parents: start.parents }),
    });
    return 'done';
  };

const MAPS = ['docs/CODEBASE_MAP.md', 'CODEBASE_MAP.md', 'docs/ARCHITECTURE.md'];

/** The first codebase map that the commit has. */
async function codebaseMap(repository: Pick<Repository, 'readFile'>, commit: string): Promise<string> {
  for (const path of MAPS) {
    const text = await repository.readFile(commit, path);
    if (text !== undefined) return text;
  }
  return '';
}
