import { ERROR_STATUS } from '#shared/errors.ts';
import type { Release } from '#shared/release.ts';
import type { Slot } from '#shared/slot.ts';
import type { GatewayState, LiveProcess } from '../../ports.ts';
import type { ReleaseRow } from '../../store/releases.ts';
import type { DoorResult, Handlers } from '../handlers.ts';
import { type DoorParts, mutate, refused } from './parts.ts';

const iso = (ms: number) => new Date(ms).toISOString();

/** Of a release that is only asked for. */
const NOTHING_RUNS: GatewayState = { generation: 0, releases: [] };

function processView({ running, startedAt, restarts, ended }: LiveProcess): Release['process'] {
  return { running, startedAt: iso(startedAt), restarts, ended: ended && { at: iso(ended.at), how: ended.how } };
}

/** The doors of releases and slots. */
export function releaseDoors(parts: DoorParts): Pick<Handlers, 'listReleases' | 'getReleaseLog' | 'rollback' | 'listSlots'> {
  const { releases, gateway, ids, outbox, leases, previewer, logs } = parts;

  function view(row: ReleaseRow, running: GatewayState): Release {
    const { possible, reason } = releases.judge(row);
    const processId = releases.processOf(row).id;
    return {
      id: row.id,
      commit: row.commit_sha,
      runId: row.run_id ?? undefined,
      kind: row.kind,
      state: row.state,
      title: row.title,
      migrationMarker: row.migration_marker ?? undefined,
      rollback: { possible, ...(reason === undefined ? {} : { reason }) },
      warm: running.releases.some((each) => each.running && each.releaseId === processId),
      reason: row.reason ?? undefined,
      actor: row.actor,
      createdAt: iso(row.created_at),
      healthyAt: row.healthy_at === null ? undefined : iso(row.healthy_at),
      watch:
        row.watch_state === null
          ? undefined
          : { state: row.watch_state, route: row.watch_route!, until: iso(row.watch_until!), detail: row.watch_detail ?? undefined },
      process: row.state === 'live' && running.live?.releaseId === processId ? processView(running.live) : undefined,
      previousId: row.previous_id ?? undefined,
      logs: row.run_id === null ? logs.list(row.id).map(({ name }) => name) : undefined,
    };
  }

  return {
    async listReleases({ query }) {
      const running = await gateway.state();
      return { ok: true, body: { releases: releases.list(query.limit ?? 50).map((row) => view(row, running)) } };
    },

    getReleaseLog({ params, query }) {
      const from = query.from ?? 0;
      const read = logs.read(params.id, params.name, from);
      if (read === undefined) return { ok: false, code: 'not_found', message: 'There is no such log.' };
      return { ok: true, body: { name: params.name, from, next: read.next, finished: read.finished, text: read.text } };
    },

    rollback({ params, body }, caller): DoorResult<'rollback'> {
      const releaseId = ids.next('rel');
      return mutate(parts, caller, params.id, body, (tx) => {
        const refuse = (code: 'not_found' | 'wrong_state' | 'rollback_impossible', message: string) =>
          refused({ code, message }, ERROR_STATUS[code]);
        const target = params.id === 'last-healthy' ? releases.lastHealthy() : releases.find(params.id);
        if (target === undefined)
          return refuse('not_found', params.id === 'last-healthy' ? 'There is no earlier healthy release.' : 'There is no such release.');
        const live = releases.live();
        if (live === undefined) return refuse('wrong_state', 'Nothing is live, so there is nothing to go back from.');
        if (outbox.isOpen('roll_back')) return refuse('wrong_state', 'A rollback is going on already.');
        const verdict = releases.judge(target);
        if (!verdict.possible && !(verdict.forceable && body.force === true)) return refuse('rollback_impossible', verdict.reason!);
        releases.add({
          id: releaseId,
          commit: target.commit_sha,
          kind: 'rollback',
          title: `Back to: ${target.title}`,
          target: target.id,
          ...(body.reason === undefined ? {} : { reason: body.reason }),
          actor: caller.actor,
          at: tx.now,
        });
        tx.owe('roll_back', { releaseId, ...(body.force === true ? { force: true } : {}) });
        tx.hint('releases');
        return { status: 202, body: JSON.stringify({ release: view(releases.find(releaseId)!, NOTHING_RUNS) }) };
      });
    },

    listSlots() {
      const held = new Map(leases.active().map((lease) => [lease.slot_id, lease]));
      const slots = leases.slots().map((slot): Slot => {
        const lease = held.get(slot.id);
        return {
          id: slot.id,
          url: previewer.urlOf(slot.id),
          state: lease !== undefined ? 'leased' : slot.state === 'quarantined' ? 'quarantined' : 'free',
          reason: slot.reason ?? undefined,
          runId: lease?.run_id,
          lease:
            lease === undefined
              ? undefined
              : {
                  leasedAt: iso(lease.leased_at),
                  expiresAt: iso(lease.expires_at),
                  heartbeatAt: iso(lease.heartbeat_at),
                  fence: lease.fence,
                },
          preview: previewer.health(slot.id),
        };
      });
      return { ok: true, body: { slots } };
    },
  };
}
