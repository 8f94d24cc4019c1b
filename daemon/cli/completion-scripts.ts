import type { FlagSpec } from './command-spec.ts';
import { COMMAND_NAMES, type CommandName, flagsOf, specOf } from './command-table.ts';

/** Names the program is installed under. */
const PROGRAMS = ['codex-builder', 'codex-agent'] as const;
/** Flags whose value is a folder; other values cannot be guessed. */
const FOLDERS = new Set(['repo', 'state']);

/** Words that fit although others do too. */
const WORDS: Partial<Record<CommandName, readonly string[]>> = { rollback: ['last-healthy'] };

export type Shell = 'bash' | 'zsh' | 'fish';

/** The completion script of a shell, made of the command table. */
export function completionScript(shell: Shell): string {
  return { bash, zsh, fish }[shell]();
}

const namesOf = (name: CommandName): readonly string[] => [name, ...(specOf(name).aliases ?? [])];
/** The words that are known to fit after a name. */
const choicesOf = (name: CommandName): readonly string[] => specOf(name).words?.choices ?? specOf(name).words?.verbs ?? WORDS[name] ?? [];
const allNames = (): readonly string[] => [...COMMAND_NAMES.flatMap(namesOf), 'help'];
const withValue = (): readonly string[] => [
  ...new Set(
    COMMAND_NAMES.flatMap((name) =>
      Object.entries(flagsOf(name))
        .filter(([flag, { type }]) => type === 'string' && !FOLDERS.has(flag))
        .map(([flag]) => `--${flag}`),
    ),
  ),
];

function bash(): string {
  const rows = COMMAND_NAMES.map((name) => {
    const flags = Object.entries(flagsOf(name)).flatMap(([flag, { short }]) => [
      `--${flag}`,
      ...(short === undefined ? [] : [`-${short}`]),
    ]);
    return `    ${namesOf(name).join('|')}) flags='${flags.join(' ')}' words='${(choicesOf(name)).join(' ')}' ;;`;
  });
  return `# Completion of codex-builder for bash. Load it with: source <(codex-builder completion bash)
_codex_builder() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} flags='' words=''
  COMPREPLY=()
  # bash splits --flag=value at the equals sign.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $previous in
    ${[...FOLDERS].map((flag) => `--${flag}`).join('|')})
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return ;;
    ${withValue().join('|')}) return ;;
  esac
  if ((COMP_CWORD == 1)) || [[ \${COMP_WORDS[1]} == help && COMP_CWORD -eq 2 ]]; then
    mapfile -t COMPREPLY < <(compgen -W '${[...allNames(), '--help', '--version'].join(' ')}' -- "$current")
    return
  fi
  case \${COMP_WORDS[1]} in
${rows.join('\n')}
    *) return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}
complete -F _codex_builder ${PROGRAMS.join(' ')}
`;
}

function zsh(): string {
  const quote = (text: string) => text.replaceAll("'", "'\\''");
  const inBrackets = (text: string) => quote(text).replaceAll(/[[\]:\\]/g, '\\$&');
  const argument = ([flag, { type, short, value, summary }]: [string, FlagSpec]) => {
    const after = type === 'boolean' ? '' : `:${value ?? 'value'}:${FOLDERS.has(flag) ? '_files -/' : ''}`;
    const said = `[${inBrackets(summary)}]${after.replaceAll('"', '')}`;
    return short === undefined ? `'--${flag}${said}'` : `'(-${short} --${flag})'{-${short},--${flag}}'${said}'`;
  };
  const rows = COMMAND_NAMES.map((name) => {
    const words = choicesOf(name);
    const choices = specOf(name).words === undefined ? [] : [`'*:word:${words.length === 0 ? '' : `(${words.join(' ')})`}'`];
    return `    ${namesOf(name).join('|')}) _arguments ${[...Object.entries(flagsOf(name)).map(argument), ...choices].join(' ')} ;;`;
  });
  return `#compdef ${PROGRAMS.join(' ')}
# Completion of codex-builder for zsh. Put it as _codex_builder into a folder of your fpath, or: source <(codex-builder completion zsh)
_codex_builder() {
  local -a commands
  commands=(
${COMMAND_NAMES.flatMap((name) => namesOf(name).map((each) => `    '${each}:${inBrackets(specOf(name).summary)}'`)).join('\n')}
  )
  if (( CURRENT == 2 )) || [[ \${words[2]} == help ]]; then
    _describe command commands
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT-- ))
  case $command in
${rows.join('\n')}
  esac
}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then
  _codex_builder "$@"
else
  compdef _codex_builder ${PROGRAMS.join(' ')}
fi
`;
}

function fish(): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const rows = PROGRAMS.flatMap((program) => [
    `complete -c ${program} -f`,
    ...COMMAND_NAMES.flatMap((name) => {
      const seen = `-n '__fish_seen_subcommand_from ${namesOf(name).join(' ')}'`;
      const flags = Object.entries(flagsOf(name)).map(([flag, { type, short, summary }]) => {
        const value = type === 'boolean' ? '' : FOLDERS.has(flag) ? " -r -a '(__fish_complete_directories)'" : ' -r';
        return `complete -c ${program} ${seen} -l ${flag}${short === undefined ? '' : ` -s ${short}`}${value} -d ${quote(summary)}`;
      });
      const choices = choicesOf(name);
      return [
        ...namesOf(name).map((each) => `complete -c ${program} -n '__fish_use_subcommand' -a ${each} -d ${quote(specOf(name).summary)}`),
        ...flags,
        ...(choices.length === 0 ? [] : [`complete -c ${program} ${seen} -a ${quote(choices.join(' '))}`]),
      ];
    }),
  ]);
  return `# Completion of codex-builder for fish. Put it into ~/.config/fish/completions/codex-builder.fish\n${rows.join('\n')}\n`;
}
