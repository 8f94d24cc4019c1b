import { programName } from './call-again.ts';
import type { Call, Environment, Handler } from './command.ts';
import { COMMAND_NAMES, type CommandName, commandNamed, flagsOf, specOf } from './command-table.ts';
import { HANDLERS } from './commands.ts';
import { commandHelp, helpText, usageOf } from './help.ts';
import { EXIT, UsageError } from './outcome.ts';
import { parseCall } from './parse-call.ts';
import type { Programs } from './programs.ts';
import { suggest } from './suggest.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import { visible } from './visible.ts';

export interface CliParts {
  /** Whose daemon is meant by what needs none to run, when nothing names another. */
  fallbackRepo?: string;
  /** What a person types to call this program. */
  command?: string;
  programs: Programs;
  terminal?: Terminal;
}

/** Runs one command of the command line; answers the exit code. */
export async function cli(
  argv: readonly string[],
  given: Environment,
  { fallbackRepo, command, programs, terminal = openTerminal(given) }: CliParts,
): Promise<number> {
  const env = {
    ...(fallbackRepo === undefined ? {} : { CODEX_BUILDER_FALLBACK_REPO: fallbackRepo }),
    ...(command === undefined ? {} : { CODEX_BUILDER_COMMAND: command }),
    ...given,
  };
  const own = programName(env);
  const [first, ...rest] = argv;
  if (first === '--version' || first === '-V') {
    terminal.out(`${programs.version}\n`);
    return 0;
  }
  if (first === undefined || first === '-h' || first === '--help' || (first === 'help' && rest.every((word) => word.startsWith('-')))) {
    terminal.out(argv.includes('--json') ? tableAsJson() : helpText());
    return 0;
  }
  const word = first === 'help' ? rest.find((each) => !each.startsWith('-'))! : first;
  const name = commandNamed(word);
  if (name === undefined) {
    const near = suggest(
      word,
      COMMAND_NAMES.flatMap((known) => [known, ...(specOf(known).aliases ?? [])]),
    );
    const message = `There is no command "${word}".${near === undefined ? '' : ` Did you mean "${near}"?`}`;
    return misused(terminal, argv, message, `See ${own} --help.`);
  }
  try {
    const { words, flags } = first === 'help' ? { words: [], flags: { help: true } } : parseCall(name, rest);
    if (flags['help'] === true) {
      terminal.out(commandHelp(name));
      return 0;
    }
    const handler = HANDLERS[name] as Handler<CommandName>;
    return await handler({ as: word, words, flags, env, terminal, programs } as Call);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return misused(terminal, rest, error.message, `Usage: ${own} ${usageOf(name)}\nSee ${own} ${name} -h.`);
  }
}

function misused(terminal: Terminal, argv: readonly string[], message: string, next: string): number {
  const isJson = argv.includes('--json');
  terminal.err(isJson ? `${JSON.stringify({ error: { code: 'usage', message, next } })}\n` : `${visible(message)}\n${next}\n`);
  return EXIT.usage;
}

function tableAsJson(): string {
  const commands = COMMAND_NAMES.map((name) => {
    const { summary, needs, aliases, examples } = specOf(name);
    return { name, aliases: aliases ?? [], usage: usageOf(name), summary, needs, flags: flagsOf(name), examples };
  });
  return `${JSON.stringify({ commands })}\n`;
}
