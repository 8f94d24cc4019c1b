import type { Role } from '#shared/audit.ts';

/** A daemon this browser is paired with. It stays in the extension's own storage: no message carries `key`. */
export interface PairedDaemon {
  /** Ours, made at pairing; what messages and kept requests name it by. */
  id: string;
  /** Origin of its control page, for example `http://127.0.0.1:4400`. */
  address: string;
  deviceId: string;
  deviceName: string;
  /** What the handshake is keyed with. The secret it came from is not kept. */
  key: string;
  pairedAt: number;
  /** The app it serves; unknown until it was reached once. */
  app?: string;
  user?: string;
  role?: Role;
  /** Where the app itself is: production and previews, as the daemon says. */
  origins: readonly string[];
  /** Other places the person said belong to it, see `choose-daemon.ts`. */
  patterns: readonly string[];
  /** It said so itself once; a revoked browser is later turned away without a word. */
  wasRevoked?: boolean;
  /** Newest sequence number heard of: where to resume after the background was stopped. */
  seq?: number;
}
