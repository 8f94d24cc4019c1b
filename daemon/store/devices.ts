import type { Database } from 'better-sqlite3';
import type { Role } from '#shared/audit.ts';

export interface DeviceRow {
  id: string;
  user_id: string;
  user_name: string;
  role: Role;
  name: string;
  kind: 'page' | 'extension' | 'cli' | 'api';
  secret_hash: string;
  socket_key: string;
  origin: string | null;
  created_at: number;
  last_seen_at: number | null;
  revoked_at: number | null;
}

/** Wrong tries within five minutes after which every open code is burnt. */
const MAX_TRIES = 5;
const TRY_WINDOW_MS = 300_000;

/** Users, their devices and the one-time codes that pair them. Roles live here, never in the repository. */
export function openDevices(db: Database) {
  const select = `SELECT d.*, u.name AS user_name, u.role AS role FROM devices d JOIN users u ON u.id = d.user_id`;
  const byHash = db.prepare<[string], DeviceRow>(`${select} WHERE d.secret_hash = ? AND d.revoked_at IS NULL`);
  const byId = db.prepare<[string], DeviceRow>(`${select} WHERE d.id = ?`);
  const list = db.prepare<[], DeviceRow>(`${select} ORDER BY d.created_at`);
  const origins = db.prepare<[string], { n: number }>('SELECT count(*) AS n FROM devices WHERE origin = ? AND revoked_at IS NULL');
  const addUser = db.prepare('INSERT INTO users (id, name, role, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING');
  const findUser = db.prepare<[string], { id: string; role: Role }>('SELECT id, role FROM users WHERE name = ?');
  const add = db.prepare(
    `INSERT INTO devices (id, user_id, name, kind, secret_hash, socket_key, origin, created_at) VALUES (@id, @userId, @name, @kind, @secretHash, @socketKey, @origin, @at)
     ON CONFLICT (secret_hash) DO NOTHING`,
  );
  const revoke = db.prepare('UPDATE devices SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL');
  const seen = db.prepare('UPDATE devices SET last_seen_at = ? WHERE id = ?');
  const addCode = db.prepare('INSERT INTO pairing_codes (code_hash, user_name, role, expires_at, created_at) VALUES (?, ?, ?, ?, ?)');
  const findCode = db.prepare<[string, number], { user_name: string; role: Role }>(
    'SELECT user_name, role FROM pairing_codes WHERE code_hash = ? AND redeemed_at IS NULL AND expires_at > ?',
  );
  const useCode = db.prepare('UPDATE pairing_codes SET redeemed_at = ? WHERE code_hash = ? AND redeemed_at IS NULL');
  const burn = db.prepare('UPDATE pairing_codes SET expires_at = ? WHERE redeemed_at IS NULL AND expires_at > ?');
  const addTry = db.prepare('INSERT INTO pairing_tries (at) VALUES (?)');
  const dropTries = db.prepare('DELETE FROM pairing_tries WHERE at <= ?');
  const countTries = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM pairing_tries');

  return {
    byHash: (hash: string): DeviceRow | undefined => byHash.get(hash),
    byId: (id: string): DeviceRow | undefined => byId.get(id),
    list: (): readonly DeviceRow[] => list.all(),
    knowsOrigin: (origin: string): boolean => origins.get(origin)!.n > 0,
    user: (name: string): { id: string; role: Role } | undefined => findUser.get(name),
    addUser: (user: { id: string; name: string; role: Role; at: number }): void => void addUser.run(user.id, user.name, user.role, user.at),
    add(device: {
      id: string;
      userId: string;
      name: string;
      kind: DeviceRow['kind'];
      secretHash: string;
      socketKey: string;
      origin?: string;
      at: number;
    }): void {
      add.run({ ...device, origin: device.origin ?? null });
    },
    revoke: (id: string, at: number): boolean => revoke.run(at, id).changes === 1,
    seen: (id: string, at: number): void => void seen.run(at, id),
    addCode: (code: { hash: string; user: string; role: Role; expiresAt: number; at: number }): void =>
      void addCode.run(code.hash, code.user, code.role, code.expiresAt, code.at),
    /** Redeems a code once. A wrong one counts; too many burn every open code. */
    redeem(hash: string, now: number): { ok: true; user: string; role: Role } | { ok: false; why: 'wrong' | 'burnt' } {
      dropTries.run(now - TRY_WINDOW_MS);
      const code = findCode.get(hash, now);
      if (code !== undefined && useCode.run(now, hash).changes === 1) return { ok: true, user: code.user_name, role: code.role };
      addTry.run(now);
      if (countTries.get()!.n < MAX_TRIES) return { ok: false, why: 'wrong' };
      burn.run(now, now);
      dropTries.run(now);
      return { ok: false, why: 'burnt' };
    },
  };
}

export type Devices = ReturnType<typeof openDevices>;
