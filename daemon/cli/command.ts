import type { COMMON_FLAGS } from './command-spec.ts';
import type { COMMAND_TABLE, CommandName } from './command-table.ts';
import type { Programs } from './programs.ts';
import type { Terminal } from './terminal.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

type ValueOf<Flag> = Flag extends { multiple: true } ? readonly string[] : Flag extends { type: 'boolean' } ? boolean : string;
type OwnFlags<Name extends CommandName> = (typeof COMMAND_TABLE)[Name] extends { flags: infer Flags } ? Flags : unknown;
type AllFlags<Name extends CommandName> = OwnFlags<Name> & typeof COMMON_FLAGS;

/** The flags that were given, by the types of the command's row. */
export type Flags<Name extends CommandName> = { [Flag in keyof AllFlags<Name>]?: ValueOf<AllFlags<Name>[Flag]> };

/** One call of a command. */
export interface Call<Name extends CommandName = CommandName> {
  /** The name it was called by: its own or an alias. */
  as: string;
  /** What stood after the name and was no flag. */
  words: readonly string[];
  flags: Flags<Name>;
  env: Environment;
  terminal: Terminal;
  programs: Programs;
}

/** Does a command and answers its exit code. Throws UsageError when it was called wrongly. */
export type Handler<Name extends CommandName> = (call: Call<Name>) => Promise<number>;
