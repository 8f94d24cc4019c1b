import { PREVIEW_STATES } from '../core/run-machine.ts';
import { considerUpstream, type Synced } from './consider-upstream.ts';
import type { Parts } from './parts.ts';
import { seeUpstream } from './see-upstream.ts';

/** Effects that record a switch of production themselves. */
const OWES_TRAFFIC = ['deploy', 'roll_back', 'release_upstream'] as const;

/** After a start: what the last daemon left running is gone, the app is live, and what people were looking at is back. */
export async function recover(parts: Parts, synced: Synced): Promise<void> {
  const { queries, ledger, releases, outbox, sandbox, deployer, repository, ids, log } = parts;
  for (const run of queries.unfinished()) {
    const survivors = await sandbox.sweep(run.id);
    if (survivors.length > 0) log('error', 'processes of a run could not be ended', { run: run.id, pids: survivors });
  }
  const act = { actor: 'daemon', subject: 'daemon', traceId: ids.randomHex(16), payload: {} };
  ledger.act({ ...act, action: 'start' }, (tx) => {
    for (const run of queries.unfinished()) {
      const hasPreview = run.state !== 'testing' && PREVIEW_STATES.includes(run.state);
      if (hasPreview && !outbox.isOpenFor('start_preview', run.id)) {
        outbox.owe('start_preview', tx.now, { runId: run.id, ...(run.fence === undefined ? {} : { fence: run.fence }) });
      }
    }
  });
  // The gateway's own record is the truth of what is live; a switch that nobody owes any more is written down.
  const inTraffic = await deployer.live();
  const served = inTraffic === undefined ? undefined : releases.find(inTraffic);
  const recorded = releases.live();
  const isSettled = recorded !== undefined && releases.processOf(recorded).id === inTraffic;
  if (served !== undefined && !isSettled && !OWES_TRAFFIC.some((type) => outbox.isOpen(type))) {
    ledger.act({ ...act, action: 'release_found_live', subject: served.id }, (tx) => releases.markLive(served.id, tx.now));
  }
  if (releases.live() === undefined && !outbox.isOpen('deploy')) {
    const main = (await repository.head('refs/heads/main'))!;
    const releaseId = ids.next('rel');
    ledger.act({ ...act, action: 'first_release', subject: releaseId }, (tx) => {
      releases.add({ id: releaseId, commit: main, kind: 'first', title: 'main as it was found', actor: 'daemon', at: tx.now });
      tx.owe('deploy', { releaseId });
    });
  }
  seeUpstream(parts, synced);
  await considerUpstream(parts, synced);
}
