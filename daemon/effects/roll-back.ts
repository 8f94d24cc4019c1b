import type { ReleaseRow } from '../store/releases.ts';
import { bringLive } from './bring-live.ts';
import { IDENTITY } from './identity.ts';
import type { DaemonHandler, Parts } from './parts.ts';
import { seeUpstream } from './see-upstream.ts';

const TRIES = 5;

/** Puts an earlier release back: traffic first, then main, so that production is well as soon as it can be. Never migrates. */
export const rollBack =
  (parts: Parts): DaemonHandler =>
  async (effect, signal) => {
    const { ledger, releases, deployer, logs, ids } = parts;
    const release = releases.find(String(effect.payload['releaseId']))!;
    if (release.state === 'failed') return 'done';
    const fail = (why: string) =>
      ledger.act({ actor: 'daemon', action: 'release_failed', subject: release.id, traceId: ids.randomHex(16), payload: { why } }, (tx) => {
        releases.markFailed(release.id, why);
        tx.hint('releases');
      });
    if (release.state === 'preparing') {
      // A run may have gone live since it was asked for: judge on what is true now.
      const verdict = releases.judge(releases.find(release.target_id!)!);
      if (!verdict.possible && !(verdict.forceable && effect.payload['force'] === true)) {
        fail(verdict.reason!);
        return 'done';
      }
      const target = releases.processOf(release);
      const sink = logs.open(release.id, 'deploy');
      const wanted = { processId: target.id, commit: release.commit_sha, migrate: false, log: sink, signal };
      const brought = await bringLive(parts, wanted).finally(sink.close);
      if (signal.aborted) return 'done';
      const action = brought.ok ? 'release_live' : 'release_failed';
      ledger.act(
        { actor: 'daemon', action, subject: release.id, traceId: ids.randomHex(16), payload: { commit: release.commit_sha } },
        (tx) => {
          if (brought.ok) releases.markLive(release.id, tx.now);
          else releases.markFailed(release.id, `${brought.step}: ${brought.detail}`);
          tx.hint('releases');
        },
      );
      if (!brought.ok) return 'done';
      await deployer.retire(brought.previous === undefined ? [] : [brought.previous]);
    }
    const left = releases.find(releases.find(release.id)!.previous_id!)!;
    await putMainInStep(parts, release, left.commit_sha, signal);
    return 'done';
  };

async function putMainInStep(parts: Parts, release: ReleaseRow, left: string, signal: AbortSignal): Promise<void> {
  const { repository, ledger, freeze, ids } = parts;
  for (let tries = 0; tries < TRIES; tries++) {
    const main = (await repository.head('refs/heads/main'))!;
    const restore = await repository.buildRestore({
      target: release.commit_sha,
      left,
      main,
      message: `Roll back to ${release.commit_sha.slice(0, 12)}\n\n${release.title}\n\nRelease: ${release.id}\nRequested-by: ${release.actor}\n`,
      identity: { ...IDENTITY, at: release.created_at },
    });
    if (restore.end === 'conflict') {
      freeze(
        `Production went back, but main could not be put in step: conflicts in ${restore.paths.join(', ')}. Mend main, then lift the freeze.`,
      );
      return;
    }
    if (restore.end === 'built') {
      const moved = await repository.moveMain({ from: main, to: restore.commit });
      if (moved.end === 'main_moved') continue;
    }
    seeUpstream(parts, await repository.bringUpstreamAlong(signal));
    ledger.act(
      {
        actor: 'daemon',
        action: 'main_restored',
        subject: release.id,
        traceId: ids.randomHex(16),
        payload: { left, target: release.commit_sha },
      },
      (tx) => {
        tx.hint('status');
      },
    );
    return;
  }
  throw new Error(`main moved ${TRIES} times while it was being put in step`);
}
