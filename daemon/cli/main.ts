import { COMMANDS } from './commands.ts';
import { helpText } from './help.ts';
import { ERRORS, UsageError } from './outcome.ts';

/** Runs one command of the command line; answers the exit code. `fallbackRepo` is whose daemon is meant when nothing names another. */
export async function cli(
  argv: readonly string[],
  given: Readonly<Record<string, string | undefined>>,
  { fallbackRepo }: { fallbackRepo?: string } = {},
): Promise<number> {
  const env = fallbackRepo === undefined ? given : { CODEX_BUILDER_FALLBACK_REPO: fallbackRepo, ...given };
  const [name, ...rest] = argv;
  if (name === undefined || name === '-h' || name === '--help' || name === 'help') {
    process.stdout.write(helpText(COMMANDS));
    return 0;
  }
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) {
    const near = COMMANDS.find((known) => known.name.startsWith(name.slice(0, 3)));
    process.stderr.write(
      `There is no command "${name}".${near === undefined ? '' : ` Did you mean "${near.name}"?`}\nSee codex-builder --help.\n`,
    );
    return ERRORS.usage;
  }
  if (rest.includes('-h') || rest.includes('--help')) {
    process.stdout.write(`codex-builder ${command.usage}\n\n  ${command.summary}\n`);
    return 0;
  }
  try {
    return await command.run(rest, env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\nUsage: codex-builder ${command.usage}\n`);
    return ERRORS.usage;
  }
}
