import type { CallResult } from '#shared/client.ts';
import { commandLine } from './call-again.ts';
import type { Handler } from './command.ts';
import type { CommandName } from './command-table.ts';
import { connect } from './connect.ts';
import { type AnyCall, type DoorCall, must, Refused } from './door-call.ts';
import { Unreachable } from './http-call.ts';
import { nextStep } from './next-step.ts';
import { EXIT, exitOfRefusal, UsageError } from './outcome.ts';
import { visible } from './visible.ts';

/** A command that calls doors: prints what `text` makes of the reply, or the reply itself with --json. */
export function door<Name extends CommandName, T>(
  ask: (call: DoorCall<Name>) => Promise<CallResult<T>>,
  text: (value: T, call: DoorCall<Name>) => string,
): Handler<Name> {
  return atDoor(async (call) => {
    print(call, must(await ask(call)), (value) => text(value, call));
    return 0;
  });
}

/** A command with a daemon to talk to. A refusal, and a daemon that does not answer, are told with what to do next. */
export function atDoor<Name extends CommandName>(work: (call: DoorCall<Name>) => Promise<number>): Handler<Name> {
  return async (given) => {
    const call = given as unknown as Omit<AnyCall, 'daemon'> & { flags: { key?: string } };
    if (call.flags.key !== undefined && !/^[\x21-\x7e]{8,200}$/.test(call.flags.key))
      throw new UsageError('--key is 8 to 200 printable characters without spaces.');
    const connection = connect(call.flags, call.env);
    if (!connection.ok) {
      tell(call, { code: 'unreachable', message: connection.message }, connection.remedy);
      return connection.exit;
    }
    const started = { ...call, daemon: connection } as unknown as DoorCall<Name>;
    try {
      return await work(started);
    } catch (error) {
      if (error instanceof Unreachable) return lost(call, error);
      if (!(error instanceof Refused)) throw error;
      const { ok: _ok, status: _status, ...failure } = error.failure;
      tell(call, failure, await nextStep(started as unknown as AnyCall, error.failure));
      return exitOfRefusal(failure.code);
    }
  };
}

/** Prints a reply: in words, every text in it made visible; with --json as it came. */
export function print<T>({ terminal, flags }: Pick<AnyCall, 'terminal' | 'flags'>, value: T, text: (value: T) => string): void {
  terminal.out(flags.json === true ? `${JSON.stringify(value)}\n` : text(visible(value)));
}

/** Says why a command did not do what it was asked, and what to do next. */
export function tell(
  { terminal, flags }: Pick<AnyCall, 'terminal' | 'flags'>,
  failure: { code: string; message: string; requestId?: string; details?: Record<string, unknown> },
  next: string | undefined,
): void {
  if (flags.json === true) terminal.err(`${JSON.stringify({ error: { ...failure, ...(next === undefined ? {} : { next }) } })}\n`);
  else terminal.err(`${visible(failure.message)}\n${next === undefined ? '' : `${visible(next)}\n`}`);
}

function lost(call: Omit<AnyCall, 'daemon'>, { message, mayBeDone, key }: Unreachable): number {
  if (mayBeDone && key !== undefined) {
    const why = `${message} It may have done this before it went away.`;
    tell(call, { code: 'reply_lost', message: why, details: { key } }, `Say the same again with --key ${key}: it is done only once.`);
  } else
    tell(
      call,
      { code: 'unreachable', message },
      `Start it: ${commandLine(call, 'serve')}, or look what is wrong: ${commandLine(call, 'doctor')}`,
    );
  return EXIT.unreachable;
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

/** A flag that is a whole number of at least `least`. */
export function wholeNumber(flag: string, given: string, least = 1): number {
  const number = Number(given);
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(number) || number < least)
    throw new UsageError(`--${flag} is a whole number from ${least} on, not "${given}".`);
  return number;
}

/** The query of a list that may be cut. */
export function limitOf({ limit }: { limit?: string }): { limit?: number } {
  if (limit === undefined) return {};
  const number = wholeNumber('limit', limit);
  if (number > 200) throw new UsageError('--limit is at most 200.');
  return { limit: number };
}
