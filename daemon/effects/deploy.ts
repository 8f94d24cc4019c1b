import { bringLive } from './bring-live.ts';
import type { DaemonHandler, Parts, RunHandler } from './parts.ts';

/** Makes the merge of a run live; the run is merged only when its release is healthy. */
export const deployRun =
  (parts: Parts): RunHandler =>
  async (run, context, effect) => {
    const { ledger, releases, deployer, outbox } = parts;
    const releaseId = run.releaseId!;
    if (run.release !== undefined) return 'done';
    const log = context.openLog('deploy');
    const brought = await bringLive(parts, { processId: releaseId, commit: run.mergeCommit!, migrate: true, log, signal: context.signal });
    await log.close();
    if (context.signal.aborted) return 'done';
    if (!brought.ok) {
      context.finish({
        type: 'report_release_failed',
        releaseId,
        step: brought.step,
        reason: brought.step === 'health' ? 'DEPLOY_UNHEALTHY' : 'DEPLOY_FAILED',
        detail: `${brought.step}: ${brought.detail}`,
      });
      return 'done';
    }
    ledger.act(
      { actor: 'daemon', action: 'release_live', subject: releaseId, traceId: run.traceId, payload: { commit: run.mergeCommit } },
      (tx) => {
        releases.markLive(releaseId, tx.now);
        const merged = tx.run(run.id, { type: 'report_live', releaseId });
        if (!merged.ok) throw new Error(`a live release could not be recorded: ${merged.refusal.message}`);
        outbox.done(effect.id, tx.now);
        tx.hint('releases');
      },
    );
    await deployer.retire(brought.previous === undefined ? [] : [brought.previous]);
    return 'done';
  };

/** Makes a release live that belongs to no run: the first one of an app. */
export const deployRelease =
  (parts: Parts): DaemonHandler =>
  async (effect, signal) => {
    const { ledger, releases, deployer, logs, log } = parts;
    const release = releases.find(String(effect.payload['releaseId']))!;
    if (release.state !== 'preparing') return 'done';
    const sink = logs.open(release.id, 'deploy');
    const brought = await bringLive(parts, { processId: release.id, commit: release.commit_sha, migrate: true, log: sink, signal });
    await sink.close();
    if (signal.aborted) return 'done';
    ledger.act(
      {
        actor: 'daemon',
        action: brought.ok ? 'release_live' : 'release_failed',
        subject: release.id,
        traceId: parts.ids.randomHex(16),
        payload: { commit: release.commit_sha },
      },
      (tx) => {
        if (brought.ok) releases.markLive(release.id, tx.now);
        else releases.markFailed(release.id, `${brought.step}: ${brought.detail}`);
        tx.hint('releases');
      },
    );
    if (brought.ok) await deployer.retire(brought.previous === undefined ? [] : [brought.previous]);
    else log('error', 'the first release did not become healthy', { release: release.id, step: brought.step, detail: brought.detail });
    return 'done';
  };
