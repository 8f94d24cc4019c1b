import { COMMON_FLAGS, type CommandSpec, type FlagSpec } from './command-spec.ts';
import { CHANGES } from './tables/changes.ts';
import { DAEMON } from './tables/daemon.ts';
import { PRODUCTION } from './tables/production.ts';
import { REVIEW } from './tables/review.ts';
import { SET_UP } from './tables/set-up.ts';

/**
 * Every command, its words and its flags. Help, parsing, suggestions and the completion scripts are made of this table, and
 * `commands.ts` must have a handler for each row. To add a command: a row in `tables/`, a handler in `commands/`, a line in `commands.ts`.
 */
export const COMMAND_TABLE = { ...SET_UP, ...CHANGES, ...REVIEW, ...PRODUCTION, ...DAEMON };

export type CommandName = keyof typeof COMMAND_TABLE;

/** A row, for what treats all rows alike. */
export const specOf = (name: CommandName): CommandSpec => COMMAND_TABLE[name];

/** Flags of a command, its own first. */
export const flagsOf = (name: CommandName): Readonly<Record<string, FlagSpec>> => ({ ...specOf(name).flags, ...COMMON_FLAGS });

export const COMMAND_NAMES = Object.keys(COMMAND_TABLE) as CommandName[];

/** The command of a name or of one of its other names. */
export function commandNamed(word: string): CommandName | undefined {
  return COMMAND_NAMES.find((name) => name === word || specOf(name).aliases?.includes(word));
}
