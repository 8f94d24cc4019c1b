import { createHash, createHmac } from 'node:crypto';
import type { Device } from '#shared/audit.ts';
import { ERROR_STATUS } from '#shared/errors.ts';
import { socketKey } from '#shared/pairing.ts';
import { normaliseCode, pairCode } from '../../core/pair-code.ts';
import type { DeviceRow } from '../../store/devices.ts';
import type { Caller, DoorResult, Handlers } from '../handlers.ts';
import { type DoorParts, mutate, refused } from './parts.ts';

const CODE_TTL_MS = 300_000;
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const iso = (ms: number) => new Date(ms).toISOString();

const deviceView = (row: DeviceRow): Device => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  user: row.user_name,
  role: row.role,
  createdAt: iso(row.created_at),
  lastSeenAt: row.last_seen_at === null ? undefined : iso(row.last_seen_at),
  revokedAt: row.revoked_at === null ? undefined : iso(row.revoked_at),
});

/** The doors of devices, flags and the audit log. */
export function accessDoors(
  parts: DoorParts,
): Pick<Handlers, 'pair' | 'createPairCode' | 'listDevices' | 'revokeDevice' | 'getFlags' | 'putFlags' | 'listAudit'> {
  const { ledger, devices, flags, audit, ids, app } = parts;
  /**
   * A code is made of the caller's key and of this, so a repeated request gets the same code, while the receipt keeps its hash alone.
   * It dies with the process: after a restart nobody can tell the code again.
   */
  const codeKey = ids.randomHex(32);
  const codeOf = ({ actor, key }: Caller) => pairCode(createHmac('sha256', codeKey).update(`${actor}\n${key}`).digest('hex').slice(0, 32));
  const flagsView = () => ({ freeze: flags.freeze().on, safeMode: flags.safeMode() });

  return {
    async pair({ body }, stranger): Promise<DoorResult<'pair'>> {
      const secret = ids.randomHex(32);
      const key = await socketKey(secret);
      const id = ids.next('dev');
      const redeemed = ledger.act(
        { actor: 'nobody', action: 'pair', subject: id, traceId: stranger.traceId, payload: { name: body.name, kind: body.kind } },
        (tx) => {
          const code = devices.redeem(hash(normaliseCode(body.code)), tx.now);
          if (!code.ok) return code;
          devices.addUser({ id: ids.next('usr'), name: code.user, role: code.role, at: tx.now });
          devices.add({
            id,
            userId: devices.user(code.user)!.id,
            name: body.name,
            kind: body.kind,
            secretHash: hash(secret),
            socketKey: key,
            ...(body.kind === 'extension' && stranger.origin !== undefined ? { origin: stranger.origin } : {}),
            at: tx.now,
          });
          return code;
        },
        (code) => (code.ok ? 'paired' : `refused ${code.why}`),
      );
      if (redeemed.ok) return { ok: true, body: { device: deviceView(devices.byId(id)!), secret } };
      if (redeemed.why === 'burnt') {
        return {
          ok: false,
          code: 'too_many_tries',
          message: 'Too many wrong codes: all open codes are void. Make a new one.',
          retryAfterMs: CODE_TTL_MS,
        };
      }
      return { ok: false, code: 'unauthorized', message: 'This code is wrong, used or older than five minutes. Make a new one.' };
    },

    createPairCode({ body }, caller): DoorResult<'createPairCode'> {
      const code = codeOf(caller);
      const codeHash = hash(normaliseCode(code));
      const made = mutate<'createPairCode', { codeHash: string; expiresAt: string }>(
        parts,
        caller,
        body.user ?? caller.actor,
        { user: body.user, role: body.role },
        (tx) => {
          const user = body.user ?? caller.actor;
          const known = devices.user(user);
          const role = known?.role ?? body.role ?? 'requester';
          const expiresAt = tx.now + CODE_TTL_MS;
          devices.addCode({ hash: codeHash, user, role, expiresAt, at: tx.now });
          return { status: 201, body: JSON.stringify({ codeHash, expiresAt: iso(expiresAt) }) };
        },
      );
      if (!made.ok) return made;
      if (made.body.codeHash !== codeHash) {
        return {
          ok: false,
          code: 'shown_once',
          message: 'This code was told once and is kept nowhere. Ask for a new one, with a new Idempotency-Key.',
        };
      }
      return { ok: true, body: { code, expiresAt: made.body.expiresAt, url: `${app.controlUrl}/codex#code=${code}` } };
    },

    listDevices: () => ({ ok: true, body: { devices: devices.list().map(deviceView) } }),

    revokeDevice({ params }, caller): DoorResult<'revokeDevice'> {
      return mutate(parts, caller, params.id, {}, (tx) => {
        if (devices.byId(params.id) === undefined)
          return refused({ code: 'not_found', message: 'There is no such device.' }, ERROR_STATUS.not_found);
        devices.revoke(params.id, tx.now);
        tx.hint('status');
        return { status: 200, body: JSON.stringify({ device: deviceView(devices.byId(params.id)!) }) };
      });
    },

    getFlags: () => ({ ok: true, body: flagsView() }),

    putFlags({ body }, caller): DoorResult<'putFlags'> {
      return mutate(parts, caller, 'flags', body, (tx) => {
        if (body.freeze !== undefined) flags.setFreeze(body.freeze, body.freeze ? `Frozen by ${caller.actor}.` : undefined);
        if (body.safeMode !== undefined) flags.setSafeMode(body.safeMode);
        tx.hint('status');
        return { status: 200, body: JSON.stringify(flagsView()) };
      });
    },

    listAudit: ({ query }) => ({
      ok: true,
      body: {
        entries: audit.list(query.before ?? Number.MAX_SAFE_INTEGER, query.limit ?? 100).map((row) => ({
          seq: row.seq,
          actor: row.actor,
          action: row.action,
          subject: row.subject,
          outcome: row.outcome,
          payloadHash: row.payload_hash,
          traceId: row.trace_id,
          at: iso(row.at),
          prevHash: row.prev_hash,
          hash: row.hash,
        })),
      },
    }),
  };
}
