import type { Environment } from './command.ts';

/** What of a call chooses its daemon; said again in every hint, so that the hint can be copied. */
export interface Chooser {
  flags: { repo?: string; state?: string };
  env: Environment;
}

/** A command for the same daemon, to be copied. */
export function commandLine({ flags }: Pick<Chooser, 'flags'>, words: string): string {
  const which =
    flags.state !== undefined ? ` --state ${quoted(flags.state)}` : flags.repo !== undefined ? ` --repo ${quoted(flags.repo)}` : '';
  return `codex-builder ${words}${which}`;
}

const quoted = (text: string): string => (/^[\w./~@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
