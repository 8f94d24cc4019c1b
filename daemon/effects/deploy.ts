import type { ReleaseRow } from '../store/releases.ts';
import { type Brought, bringLive } from './bring-live.ts';
import { judgeRelease } from './judge-release.ts';
import { withLastWords } from './last-words.ts';
import type { DaemonHandler, Parts, RunHandler } from './parts.ts';
import { planWatch } from './plan-watch.ts';

/** Makes the merge of a run live; the run is merged only when its release is healthy. */
export const deployRun =
  (parts: Parts): RunHandler =>
  async (run, context, effect) => {
    const { ledger, releases, deployer, outbox } = parts;
    const releaseId = run.releaseId!;
    if (run.release !== undefined) return 'done';
    await judgeRelease(parts, { releaseId, commit: run.mergeCommit! });
    const log = context.openLog('deploy');
    const watch = await planWatch(parts, { releaseId, commit: run.mergeCommit!, route: run.route, signal: context.signal });
    const brought = await bringLive(parts, { processId: releaseId, commit: run.mergeCommit!, migrate: true, log, signal: context.signal });
    await log.close();
    if (context.signal.aborted) return 'done';
    if (!brought.ok) {
      context.finish({
        type: 'report_release_failed',
        releaseId,
        step: brought.step,
        reason: brought.step === 'health' ? 'DEPLOY_UNHEALTHY' : 'DEPLOY_FAILED',
        detail: `${brought.step}: ${told(parts, brought, run.id)}`,
      });
      return 'done';
    }
    ledger.act(
      { actor: 'daemon', action: 'release_live', subject: releaseId, traceId: run.traceId, payload: { commit: run.mergeCommit } },
      (tx) => {
        releases.markLive(releaseId, tx.now);
        const merged = tx.run(run.id, { type: 'report_live', releaseId });
        if (!merged.ok) throw new Error(`a live release could not be recorded: ${merged.refusal.message}`);
        watch.begin(tx, brought.previous);
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
    const release = parts.releases.find(String(effect.payload['releaseId']))!;
    if (release.state !== 'preparing') return 'done';
    const brought = await makeLive(parts, release, signal);
    if (brought?.ok === false) {
      parts.log('error', 'the first release did not become healthy', { release: release.id, step: brought.step, detail: brought.detail });
    }
    return 'done';
  };

/** Brings a release live that belongs to no run and records how that ended. Undefined: it was stopped before it was known. */
export async function makeLive(parts: Parts, release: ReleaseRow, signal: AbortSignal): Promise<Brought | undefined> {
  const { ledger, releases, deployer, logs } = parts;
  await judgeRelease(parts, { releaseId: release.id, commit: release.commit_sha });
  const sink = logs.open(release.id, 'deploy');
  const watch =
    release.kind === 'upstream' ? await planWatch(parts, { releaseId: release.id, commit: release.commit_sha, signal }) : undefined;
  const outcome = await bringLive(parts, { processId: release.id, commit: release.commit_sha, migrate: true, log: sink, signal }).finally(
    sink.close,
  );
  const brought = outcome.ok ? outcome : { ...outcome, detail: told(parts, outcome, release.id) };
  if (signal.aborted) return undefined;
  ledger.act(
    {
      actor: 'daemon',
      action: brought.ok ? 'release_live' : 'release_failed',
      subject: release.id,
      traceId: parts.ids.randomHex(16),
      payload: { commit: release.commit_sha },
    },
    (tx) => {
      if (brought.ok) {
        releases.markLive(release.id, tx.now);
        watch?.begin(tx, brought.previous);
      } else releases.markFailed(release.id, `${brought.step}: ${brought.detail}`);
      tx.hint('releases');
    },
  );
  if (brought.ok) await deployer.retire(brought.previous === undefined ? [] : [brought.previous]);
  return brought;
}

/** Setup says nothing of what it wrote, which may hold a secret; the other steps bring their last words along. */
function told(parts: Pick<Parts, 'logs'>, { step, detail }: Extract<Brought, { ok: false }>, ownerId: string): string {
  return step === 'setup' ? withLastWords(parts, detail, ownerId, 'deploy') : detail;
}
