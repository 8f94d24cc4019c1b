import type { CallResult } from '#shared/client.ts';
import type { Call } from './command.ts';
import type { CommandName } from './command-table.ts';
import type { Daemon } from './connect.ts';

/** A call of a command that talks to the daemon. */
export type DoorCall<Name extends CommandName> = Call<Name> & { daemon: Daemon };

/** The same without the flags of one command: what all of them share. */
export type AnyCall = Omit<Call, 'flags'> & { flags: { repo?: string; state?: string; json?: boolean }; daemon: Daemon };

export type Failure = Extract<CallResult<unknown>, { ok: false }>;

/** A door refused; the command ends by saying so. */
export class Refused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The value of a reply; a refusal ends the command. */
export function must<T>(result: CallResult<T>): T {
  if (!result.ok) throw new Refused(result);
  return result.value;
}
