import type { RunRequest } from '#shared/run.ts';
import type { UnsentView } from '../messages.ts';

/** A request that a person sent and that the daemon has not acknowledged. */
export interface Unsent {
  /** The one key it will ever have. */
  key: string;
  daemonId: string;
  /** Without its pictures: they get their hashes when they are sent. */
  request: RunRequest;
  /** Base64. */
  pictures: readonly string[];
  /** Of the page it was made on. */
  origin?: string;
  /** Whom it was written to and as whom: what a later pairing with the same daemon is recognised by. */
  address: string;
  app?: string;
  user?: string;
  at: number;
  state: UnsentView['state'];
}
