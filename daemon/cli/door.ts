import type { CallResult, Client } from '#shared/client.ts';
import type { Call, Handler } from './command.ts';
import type { CommandName } from './command-table.ts';
import { connect } from './connect.ts';
import { ERRORS, UsageError } from './outcome.ts';

/** A call of a command that talks to the daemon. */
export interface DoorCall<Name extends CommandName> extends Call<Name> {
  client: Client;
  /** Origin of the daemon. */
  url: string;
}

/** A command that calls doors: prints what `text` makes of the reply, or the reply itself with --json. */
export function door<Name extends CommandName, T>(
  ask: (call: DoorCall<Name>) => Promise<CallResult<T>>,
  text: (value: T, call: DoorCall<Name>) => string,
): Handler<Name> {
  return async (call) => {
    const { terminal } = call;
    const flags = call.flags as Call['flags'];
    const connection = connect(flags, call.env);
    if (!connection.ok) {
      terminal.err(`${connection.message}\n`);
      return ERRORS.unreachable;
    }
    const given: DoorCall<Name> = { ...call, client: connection.client, url: connection.url };
    let result: CallResult<T>;
    try {
      result = await ask(given);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')) throw error;
      terminal.err(`The daemon at ${connection.url} does not answer.\nStart it with npm start.\n`);
      return ERRORS.unreachable;
    }
    if (!result.ok) {
      terminal.err(`${result.message}\n`);
      return ERRORS.refused;
    }
    terminal.out(flags.json === true ? `${JSON.stringify(result.value)}\n` : text(result.value, given));
    return 0;
  };
}

/** The first word after the name. */
export function word(words: readonly string[], what: string): string {
  const [first] = words;
  if (first === undefined) throw new UsageError(`Which ${what}?`);
  return first;
}

/** Lines of text, or one that says there are none. */
export function linesOf(all: readonly string[], empty: string): string {
  return all.length === 0 ? `${empty}\n` : `${all.join('\n')}\n`;
}

/** A flag that is a whole number of at least one. */
export function limitOf({ limit }: { limit?: string }): { limit?: number } {
  if (limit === undefined) return {};
  const number = Number(limit);
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`--limit is a whole number from 1 on, not "${limit}".`);
  return { limit: number };
}
