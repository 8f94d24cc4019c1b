import type { Environment } from './command.ts';

/** How this program was called, so that what it prints can be copied. */
export const programName = (env: Environment): string => env['CODEX_BUILDER_COMMAND'] ?? 'codex-builder';

/** A command for the same daemon, to be copied. */
export function commandLine({ flags, env }: { flags: { repo?: string; state?: string }; env: Environment }, words: string): string {
  const which =
    flags.state !== undefined ? ` --state ${quoted(flags.state)}` : flags.repo !== undefined ? ` --repo ${quoted(flags.repo)}` : '';
  return `${programName(env)} ${words}${which}`;
}

const quoted = (text: string): string => (/^[\w./~@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
