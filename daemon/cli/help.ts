import { type FlagSpec, GROUPS } from './command-spec.ts';
import { COMMAND_NAMES, type CommandName, flagsOf, specOf } from './command-table.ts';
import { EXIT_WORDS } from './outcome.ts';

/** What `codex-builder --help` prints. */
export function helpText(): string {
  const named = (name: CommandName) => [name, ...(specOf(name).aliases ?? [])].join(', ');
  const width = Math.max(...COMMAND_NAMES.map((name) => named(name).length));
  const groups = GROUPS.map((group) => {
    const lines = COMMAND_NAMES.filter((name) => specOf(name).group === group).map(
      (name) => `  ${named(name).padEnd(width)}  ${specOf(name).summary}`,
    );
    return `${group}\n${lines.join('\n')}\n`;
  });
  const codes = Object.entries(EXIT_WORDS).map(([code, words]) => `  ${code.padStart(3)}  ${words}`);
  return `codex-builder: changes to your web app, from a request to production

${groups.join('\n')}
Every command takes --json, and -h for its flags and examples. RUN is the id of a run, the end of its id, or last.
Which daemon: --repo PATH, --state DIR, CODEX_BUILDER_URL, CODEX_BUILDER_REPO, else the repository around the
current folder, else the only one that runs.

Examples
  codex-builder init --repo ../my-app
  codex-builder request "Make the headline say hello" --wait
  codex-builder approve last
  codex-builder rollback last-healthy

It ends with
${codes.join('\n')}
`;
}

/** What `codex-builder COMMAND -h` prints. */
export function commandHelp(name: CommandName): string {
  const spec = specOf(name);
  const flags = Object.entries(flagsOf(name));
  const width = Math.max(...flags.map(([flag, each]) => flagUsage(flag, each).length));
  return `codex-builder ${usageOf(name)}

  ${spec.summary}.${spec.aliases === undefined ? '' : ` Also called ${spec.aliases.join(', ')}.`}${spec.more === undefined ? '' : `\n  ${spec.more}`}
  ${spec.needs === 'daemon' ? 'Calls the running daemon.' : 'Works without a running daemon.'}

Flags
${flags.map(([flag, each]) => `  ${flagUsage(flag, each).padEnd(width)}  ${each.summary}`).join('\n')}

Examples
${spec.examples.map((example) => `  ${example}`).join('\n')}
`;
}

/** One line: the name, its words and its own flags. */
export function usageOf(name: CommandName): string {
  const own = Object.entries(specOf(name).flags ?? {}).map(
    ([flag, { type, value }]) => `[--${flag}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}]`,
  );
  const shown = own.length > 4 ? ['[flags]'] : own;
  return [shortUsage(name), ...shown].join(' ');
}

function shortUsage(name: CommandName): string {
  const { words } = specOf(name);
  return words === undefined ? name : `${name} ${words.text}`;
}

function flagUsage(flag: string, { type, short, value }: FlagSpec): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${flag}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`;
}
