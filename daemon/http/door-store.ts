import type { Notice } from '#shared/stream.ts';
import { isTerminal } from '../core/run-machine.ts';
import type { DeviceRow } from '../store/devices.ts';
import type { Hint, Publication } from '../store/ledger.ts';
import type { DoorParts } from './doors/parts.ts';
import type { DoorDevice, DoorStore } from './handlers.ts';
import { isEndOfLog } from './log-end.ts';

const FIRST_PAGE = 16;
const PAGE = 500;
const HINTS = ['slots', 'releases', 'status'] as const satisfies readonly Hint[];

const deviceOf = (row: DeviceRow): DoorDevice => ({
  id: row.id,
  user: row.user_name,
  role: row.role,
  kind: row.kind,
  ...(row.origin === null ? {} : { origin: row.origin }),
  ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
});

/** The door's view of the store: devices, notices, logs, artifacts and the two probes. */
export function createDoorStore(parts: DoorParts, probes: Pick<DoorStore, 'readiness' | 'metrics'>): DoorStore {
  const { ledger, queries, devices, logs, artifacts, clock } = parts;
  return {
    ...probes,
    findByBearerHash(hash) {
      const row = devices.byHash(hash);
      return row === undefined ? undefined : deviceOf(row);
    },
    findById(id) {
      const row = devices.byId(id);
      return row === undefined ? undefined : { device: deviceOf(row), socketKeyHex: row.socket_key };
    },
    touch: (id) => devices.seen(id, clock.now()),
    isKnownOrigin: (origin) => devices.knowsOrigin(origin),
    onDeviceRevoked(then) {
      let revoked = new Set(devices.list().flatMap((row) => (row.revoked_at === null ? [] : [row.id])));
      return ledger.subscribe(({ hints }) => {
        if (!hints.includes('status')) return;
        const now = devices.list().flatMap((row) => (row.revoked_at === null ? [] : [row.id]));
        for (const id of now) if (!revoked.has(id)) then(id);
        revoked = new Set(now);
      });
    },
    auditRefused(entry) {
      ledger.act(
        { actor: entry.actor, action: 'refused', subject: entry.subject, traceId: entry.traceId, payload: entry },
        () => entry.code,
        (code) => `refused ${code}`,
      );
    },

    newestSeq: () => ledger.seq(),
    subscribe({ after, user, onNotice }) {
      let sent = after;
      let over = false;
      let unsubscribe = () => {};
      const stop = () => {
        over = true;
        unsubscribe();
      };
      const send = (notice: Notice) => {
        if (!over && !onNotice(notice)) stop();
      };
      const catchUp = () => {
        // A slow reader of a long past opens it again and again: what is read and not sent is read for nothing.
        for (let page = FIRST_PAGE; !over; page = Math.min(page * 2, PAGE)) {
          const events = queries.eventsAfter(sent, page);
          for (const event of events) {
            sent = event.seq;
            send({ type: 'run', seq: event.seq, event });
          }
          if (events.length < page) return;
        }
      };
      const onPublication = (publication: Publication) => {
        catchUp();
        for (const hint of publication.hints) send({ type: hint, seq: publication.seq });
        for (const read of publication.reads) if (read.user === user) send({ type: 'reads', seq: publication.seq, runId: read.runId });
      };
      catchUp();
      if (over) return stop;
      unsubscribe = ledger.subscribe(onPublication);
      // Hints have no past: what they stand for may have changed while nobody listened, so it is asked for again.
      for (const hint of HINTS) send({ type: hint, seq: ledger.seq() });
      send({ type: 'reads', seq: ledger.seq() });
      return stop;
    },
    followLog({ runId, stream, offset, onOutput }) {
      if (logs.read(runId, stream, 0, 1) === undefined) return undefined;
      let position = offset;
      let over = false;
      let end = () => {};
      let forgetRun = () => {};
      const stop = () => {
        over = true;
        end();
        forgetRun();
      };
      const begin = () =>
        logs.follow({
          runId,
          stream,
          offset: position,
          onOutput({ offset: at, next, data, finished }) {
            position = next;
            const isEnd = finished && isEndOfLog(queries, runId, stream, next);
            if (data === '' && !isEnd) return !over;
            if (!onOutput({ offset: at, next, data, finished: isEnd }) || isEnd) stop();
            return !over;
          },
        });
      end = begin();
      if (over) return end;
      forgetRun = ledger.subscribe(({ facts }) => {
        if (over || !facts.some((fact) => fact.runId === runId && fact.to !== undefined && isTerminal(fact.to))) return;
        end();
        end = begin();
      });
      return stop;
    },

    async putArtifact(bytes, maxBytes) {
      try {
        const put = await artifacts.take(bytes, maxBytes);
        return put.ok ? { end: 'stored', hash: put.hash, bytes: put.bytes } : { end: 'too_large' };
      } catch (error) {
        return { end: 'broken', detail: error instanceof Error ? error.message : String(error) };
      }
    },
    openArtifact: (hash) => artifacts.open(hash),
  };
}
