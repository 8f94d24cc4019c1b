import type { Call, Environment, Handler } from './command.ts';
import { COMMAND_NAMES, type CommandName, commandNamed, flagsOf, specOf } from './command-table.ts';
import { HANDLERS } from './commands.ts';
import { commandHelp, helpText, usageOf } from './help.ts';
import { ERRORS, UsageError } from './outcome.ts';
import { parseCall } from './parse-call.ts';
import type { Programs } from './programs.ts';
import { suggest } from './suggest.ts';
import { openTerminal, type Terminal } from './terminal.ts';

/** Runs one command of the command line; answers the exit code. `fallbackRepo` is whose daemon is meant when nothing names another. */
export async function cli(
  argv: readonly string[],
  given: Environment,
  { fallbackRepo, programs, terminal = openTerminal(given) }: { fallbackRepo?: string; programs: Programs; terminal?: Terminal },
): Promise<number> {
  const env = fallbackRepo === undefined ? given : { CODEX_BUILDER_FALLBACK_REPO: fallbackRepo, ...given };
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
    terminal.err(`There is no command "${word}".${near === undefined ? '' : ` Did you mean "${near}"?`}\nSee codex-builder --help.\n`);
    return ERRORS.usage;
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
    terminal.err(`${error.message}\nUsage: codex-builder ${usageOf(name)}\nSee codex-builder ${name} -h.\n`);
    return ERRORS.usage;
  }
}

function tableAsJson(): string {
  const commands = COMMAND_NAMES.map((name) => {
    const { summary, needs, aliases, examples } = specOf(name);
    return { name, aliases: aliases ?? [], usage: usageOf(name), summary, needs, flags: flagsOf(name), examples };
  });
  return `${JSON.stringify({ commands })}\n`;
}
