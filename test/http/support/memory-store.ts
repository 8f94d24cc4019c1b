import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Role } from '#shared/audit.ts';
import { socketKey } from '#shared/pairing.ts';
import type { Notice } from '#shared/stream.ts';
import type { DeviceKind, DoorDevice, DoorStore, LogPiece, RefusedEntry } from '../../../daemon/http/handlers.ts';
import { bearerHash } from '../../../daemon/http/identify.ts';

export interface TestDevice {
  device: DoorDevice;
  secretHex: string;
  bearer: string;
}

/** The store's side of the seam, kept in memory: same promises, nothing durable. */
export interface MemoryStore extends DoorStore {
  refused: RefusedEntry[];
  touched: string[];
  addDevice(options: { user?: string; role: Role; kind: DeviceKind; origin?: string }): Promise<TestDevice>;
  revoke(deviceId: string): void;
  /** Publishes notices in one tick; `fill` bytes of payload make them as large as a test needs. */
  publish(count: number, fill?: number): void;
  listeners(): number;
  appendLog(runId: string, stream: string, data: string, finished?: boolean): void;
  artifacts: Map<string, Buffer>;
}

export const RUN_ID = `run_${'0'.repeat(26)}`;

export function createMemoryStore(): MemoryStore {
  const devices = new Map<string, { device: DoorDevice; socketKeyHex: string; hash: string }>();
  const notices: Notice[] = [];
  const onNotice = new Set<(notice: Notice) => void>();
  const onRevoked = new Set<(deviceId: string) => void>();
  const logs = new Map<string, { pieces: LogPiece[]; next: number; follow: Set<(piece: LogPiece) => void> }>();
  let made = 0;

  const logOf = (name: string) => {
    const log = logs.get(name) ?? { pieces: [], next: 0, follow: new Set<(piece: LogPiece) => void>() };
    logs.set(name, log);
    return log;
  };

  const store: MemoryStore = {
    refused: [],
    touched: [],
    artifacts: new Map(),
    async addDevice({ user = 'owner', role, kind, origin }) {
      const secretHex = createHash('sha256').update(`secret ${++made}`).digest('hex');
      const device: DoorDevice = { id: `dev_${String(made).padStart(26, '0')}`, user, role, kind, ...(origin ? { origin } : {}) };
      devices.set(device.id, { device, socketKeyHex: await socketKey(secretHex), hash: bearerHash(secretHex) });
      return { device, secretHex, bearer: `Bearer ${secretHex}` };
    },
    revoke(deviceId) {
      devices.get(deviceId)!.device.revokedAt = 1;
      for (const then of onRevoked) then(deviceId);
    },
    publish(count, fill = 0) {
      for (let i = 0; i < count; i++) {
        const seq = notices.length + 1;
        const event = {
          seq,
          runId: RUN_ID,
          version: seq,
          type: 'attempt.produced',
          payload: { fill: 'x'.repeat(fill) },
          actor: 'daemon',
          traceId: '0'.repeat(32),
          at: '2026-01-01T00:00:00.000Z',
        };
        const notice: Notice = { type: 'run', seq, event };
        notices.push(notice);
        for (const tell of [...onNotice]) tell(notice);
      }
    },
    listeners: () => onNotice.size + onRevoked.size + [...logs.values()].reduce((sum, log) => sum + log.follow.size, 0),
    appendLog(runId, stream, data, finished = false) {
      const log = logOf(`${runId} ${stream}`);
      const piece = { offset: log.next, next: log.next + Buffer.byteLength(data), data, finished };
      log.next = piece.next;
      log.pieces.push(piece);
      for (const tell of [...log.follow]) tell(piece);
    },

    findByBearerHash: (hash) => [...devices.values()].find((entry) => entry.hash === hash)?.device,
    findById: (id) => devices.get(id),
    touch: (id) => store.touched.push(id),
    isKnownOrigin: (origin) => [...devices.values()].some(({ device }) => device.origin === origin && device.revokedAt === undefined),
    onDeviceRevoked(then) {
      onRevoked.add(then);
      return () => onRevoked.delete(then);
    },
    auditRefused: (entry) => store.refused.push(entry),
    newestSeq: () => notices.length,
    subscribe({ after, onNotice: take }) {
      for (const notice of notices.slice(after)) if (!take(notice)) return () => {};
      const tell = (notice: Notice) => {
        if (!take(notice)) onNotice.delete(tell);
      };
      onNotice.add(tell);
      return () => onNotice.delete(tell);
    },
    followLog({ runId, stream, offset, onOutput }) {
      const log = logs.get(`${runId} ${stream}`);
      if (!log) return undefined;
      for (const piece of log.pieces) if (piece.offset >= offset && !onOutput(piece)) return () => {};
      const tell = (piece: LogPiece) => {
        if (!onOutput(piece)) log.follow.delete(tell);
      };
      log.follow.add(tell);
      return () => log.follow.delete(tell);
    },
    async putArtifact(stream, maxBytes) {
      const chunks: Buffer[] = [];
      let bytes = 0;
      try {
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          bytes += chunk.length;
          if (bytes > maxBytes) return { end: 'too_large' };
          chunks.push(chunk);
        }
      } catch (error) {
        return { end: 'broken', detail: String(error) };
      }
      const whole = Buffer.concat(chunks);
      const hash = createHash('sha256').update(whole).digest('hex');
      store.artifacts.set(hash, whole);
      return { end: 'stored', hash, bytes };
    },
    openArtifact(hash) {
      const bytes = store.artifacts.get(hash);
      return bytes && { bytes: bytes.length, stream: Readable.from([bytes]) };
    },
    readiness: async () => ({ ready: true, parts: [{ name: 'ledger', ready: true }] }),
    metrics: () => '# TYPE codex_builder_runs gauge\ncodex_builder_runs 0\n',
  };
  return store;
}
