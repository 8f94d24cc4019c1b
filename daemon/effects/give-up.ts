import type { Effect } from '../core/effects.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-machine.ts';
import type { Parts } from './parts.ts';
import { quarantine } from './quarantine.ts';
import { endWatch } from './watch-release.ts';

/**
 * What follows when an effect threw as often as it may. Only an effect that
 * carries its run's state ends the run; where main or production may have
 * moved, merging freezes until a person has looked.
 */
export function giveUp(parts: Parts, effect: Effect, detail: string): void {
  const { queries, ledger, upstream } = parts;
  if (effect.type === 'watch_release') {
    // It says nothing about the release: it was not watched to its end.
    endWatch(parts, parts.releases.find(String(effect.payload['releaseId']))!, undefined, detail);
    return;
  }
  if (effect.type === 'release_upstream') {
    const begun = parts.releases.upstreamInPreparation();
    if (begun !== undefined) giveUpRelease(parts, begun.id, detail);
    return;
  }
  if (effect.runId === undefined) {
    giveUpRelease(parts, String(effect.payload['releaseId']), detail);
    return;
  }
  const run = queries.find(effect.runId);
  if (run === undefined) return;
  if (effect.type === 'release_slot') {
    quarantine(parts, run.slot!, `${run.id} could not be cleared away: ${detail}`);
    return;
  }
  if (effect.type === 'follow_upstream') {
    upstream.detail = detail;
    ledger.report(run.id, { type: 'report_upstream', state: 'left', detail }, run.traceId);
    return;
  }
  if (isTerminal(run.state)) return;
  if (effect.type === 'start_preview' && run.state !== 'testing') {
    ledger.report(run.id, { type: 'report_preview_ended', fence: run.fence!, detail }, run.traceId);
    return;
  }
  if (run.landing || run.state === 'deploying') {
    giveUpDeploy(parts, run, `${effect.type}: ${detail}`);
    return;
  }
  ledger.report(run.id, { type: 'report_failed', reason: 'INTERNAL_ERROR', detail: `${effect.type}: ${detail}` }, run.traceId);
}

function giveUpDeploy({ ledger, releases, flags }: Parts, run: Run, detail: string): void {
  ledger.act({ actor: 'daemon', action: 'deploy_unknown', subject: run.id, traceId: run.traceId, payload: { detail } }, (tx) => {
    if (run.releaseId !== undefined) releases.markFailed(run.releaseId, detail);
    flags.setFreeze(
      true,
      `It is not known how the release of "${run.title}" ended (${detail}). Compare main and production, then lift the freeze.`,
    );
    tx.run(run.id, { type: 'report_failed', reason: 'DEPLOY_UNKNOWN', detail });
    tx.hint('releases');
    tx.hint('status');
  });
}

function giveUpRelease({ ledger, releases, flags, ids }: Parts, releaseId: string, detail: string): void {
  const release = releases.find(releaseId);
  if (release === undefined) return;
  ledger.act({ actor: 'daemon', action: 'release_given_up', subject: releaseId, traceId: ids.randomHex(16), payload: { detail } }, (tx) => {
    if (release.state === 'preparing') releases.markFailed(releaseId, detail);
    else flags.setFreeze(true, `Production went back, but main could not be put in step (${detail}). Mend main, then lift the freeze.`);
    tx.hint('releases');
    tx.hint('status');
  });
}
