import { COMMAND_NAMES, type CommandName, type FlagSpec, flagsOf, GROUPS, specOf } from './command-table.ts';

/** What `codex-builder --help` prints. */
export function helpText(): string {
  const width = Math.max(...COMMAND_NAMES.map((name) => shortUsage(name).length));
  const groups = GROUPS.map((group) => {
    const lines = COMMAND_NAMES.filter((name) => specOf(name).group === group).map(
      (name) => `  ${shortUsage(name).padEnd(width)}  ${specOf(name).summary}`,
    );
    return `${group}\n${lines.join('\n')}\n`;
  });
  return `codex-builder: changes to your web app, from a request to production

${groups.join('\n')}
Every command takes --json, -h for its flags and examples, and --repo PATH or --state DIR
to choose the daemon (default: the repository of the current folder, else the sample app).

Examples
  codex-builder init --repo ../my-app
  codex-builder request "Make the headline say hello"
  codex-builder approve run_01…
  codex-builder rollback last-healthy
`;
}

/** What `codex-builder COMMAND -h` prints. */
export function commandHelp(name: CommandName): string {
  const spec = specOf(name);
  const flags = Object.entries(flagsOf(name));
  const width = Math.max(...flags.map(([flag, each]) => flagUsage(flag, each).length));
  return `codex-builder ${usageOf(name)}

  ${spec.summary}.${spec.aliases === undefined ? '' : ` Also called ${spec.aliases.join(', ')}.`}
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
  return [shortUsage(name), ...own].join(' ');
}

function shortUsage(name: CommandName): string {
  const { words } = specOf(name);
  return words === undefined ? name : `${name} ${words.text}`;
}

function flagUsage(flag: string, { type, short, value }: FlagSpec): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${flag}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`;
}
