/**
 * Every command, its words and its flags. Help, parsing, suggestions and the completion scripts are made of this table, and
 * `commands.ts` must have a handler for each row. To add a command: a row here, a handler in `commands/`, a line in `commands.ts`.
 */

export interface FlagSpec {
  type: 'boolean' | 'string';
  short?: string;
  /** May be given more than once. */
  multiple?: boolean;
  /** What its value is called in help. */
  value?: string;
  /** The only values there are. */
  choices?: readonly string[];
  summary: string;
}

export interface CommandSpec {
  /** Other names it answers to. */
  aliases?: readonly string[];
  /** Heading in the help. */
  group: (typeof GROUPS)[number];
  /** `daemon`: it calls the running daemon. `nothing`: it works without one. */
  needs: 'daemon' | 'nothing';
  summary: string;
  /** What may stand after the name: as help shows it, how many at most, and the only values there are. */
  words?: { text: string; most: number; choices?: readonly string[] };
  flags?: Readonly<Record<string, FlagSpec>>;
  examples: readonly [string, ...string[]];
}

export const GROUPS = ['Set up', 'Changes', 'Production', 'Daemon'] as const;

const limit = { type: 'string', value: 'N', summary: 'how many at most' } as const satisfies FlagSpec;
const run = { text: 'RUN', most: 1 } as const;

/** Flags of every command. */
export const COMMON_FLAGS = {
  json: { type: 'boolean', summary: 'answer in JSON, for programs' },
  repo: { type: 'string', value: 'PATH', summary: 'the repository of the app (default: the one around the current folder)' },
  state: { type: 'string', value: 'DIR', summary: 'the state folder of its daemon (default: derived from the repository)' },
  help: { type: 'boolean', short: 'h', summary: 'this text' },
} as const satisfies Record<string, FlagSpec>;

export const COMMAND_TABLE = {
  init: {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Look at a repository and write its codex-builder.jsonc',
    flags: {
      yes: { type: 'boolean', short: 'y', summary: 'write and commit it without asking' },
      print: { type: 'boolean', summary: 'only show it' },
    },
    examples: ['codex-builder init --repo ../my-app', 'codex-builder init --yes --repo ../my-app'],
  },
  doctor: {
    aliases: ['health'],
    group: 'Set up',
    needs: 'nothing',
    summary: 'Check this machine and the app: what was found, and what to do about it',
    examples: ['codex-builder doctor', 'codex-builder doctor --json --repo ../my-app'],
  },
  schema: {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Print the JSON Schema of codex-builder.jsonc',
    examples: ['codex-builder schema > codex-builder.schema.json'],
  },
  completion: {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Print the completion script of a shell',
    words: { text: 'bash|zsh|fish', most: 1, choices: ['bash', 'zsh', 'fish'] },
    examples: ['source <(codex-builder completion bash)', 'codex-builder completion fish > ~/.config/fish/completions/codex-builder.fish'],
  },
  'install-service': {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Keep the daemon running with systemd, also after a reboot',
    flags: {
      system: { type: 'boolean', summary: 'a unit of the system instead of your own; for root' },
      print: { type: 'boolean', summary: 'only show the unit' },
      port: { type: 'string', value: 'N', summary: 'where /codex and the API listen (default 4400)' },
      'gateway-port': { type: 'string', value: 'N', summary: 'where production and the previews listen (default 4401)' },
    },
    examples: ['codex-builder install-service --repo ../my-app', 'codex-builder install-service --system --print --repo /srv/my-app'],
  },
  'uninstall-service': {
    group: 'Set up',
    needs: 'nothing',
    summary: 'Stop the daemon of install-service and remove its unit; production stays up',
    flags: { system: { type: 'boolean', summary: 'the unit of the system; for root' } },
    examples: ['codex-builder uninstall-service --repo ../my-app'],
  },
  request: {
    group: 'Changes',
    needs: 'daemon',
    summary: 'Ask for a change',
    words: { text: '"what should change"', most: Number.POSITIVE_INFINITY },
    examples: ['codex-builder request "Make the headline say hello"'],
  },
  runs: {
    group: 'Changes',
    needs: 'daemon',
    summary: 'List runs, newest first',
    flags: { limit },
    examples: ['codex-builder runs --limit 20'],
  },
  show: { group: 'Changes', needs: 'daemon', summary: 'Show one run', words: run, examples: ['codex-builder show run_01…'] },
  approve: {
    group: 'Changes',
    needs: 'daemon',
    summary: 'Approve what is shown now: merge and deploy it',
    words: run,
    flags: { migrations: { type: 'boolean', summary: 'yes, also the migrations it carries' } },
    examples: ['codex-builder approve run_01…', 'codex-builder approve run_01… --migrations'],
  },
  reject: {
    group: 'Changes',
    needs: 'daemon',
    summary: 'Reject a change; main is untouched',
    words: run,
    flags: { reason: { type: 'string', value: '"why"', summary: 'why; needed' } },
    examples: ['codex-builder reject run_01… --reason "the old colour was better"'],
  },
  cancel: { group: 'Changes', needs: 'daemon', summary: 'Stop a run', words: run, examples: ['codex-builder cancel run_01…'] },
  slots: { group: 'Changes', needs: 'daemon', summary: 'List preview slots', examples: ['codex-builder slots'] },
  releases: {
    group: 'Production',
    needs: 'daemon',
    summary: 'List releases, newest first',
    flags: { limit },
    examples: ['codex-builder releases --limit 5'],
  },
  rollback: {
    group: 'Production',
    needs: 'daemon',
    summary: 'Make an earlier release live again',
    words: { text: 'RELEASE|last-healthy', most: 1 },
    flags: {
      reason: { type: 'string', value: '"why"', summary: 'why, for the record' },
      force: { type: 'boolean', summary: 'also over migrations that cannot be taken back' },
    },
    examples: ['codex-builder rollback last-healthy', 'codex-builder rollback rel_01… --reason "checkout is broken"'],
  },
  serve: {
    group: 'Daemon',
    needs: 'nothing',
    summary: 'Run the daemon until Ctrl-C; what npm start does',
    flags: {
      port: { type: 'string', value: 'N', summary: 'where /codex and the API listen on 127.0.0.1 (default 4400)' },
      'gateway-port': { type: 'string', value: 'N', summary: 'where production and the previews listen (default 4401)' },
    },
    examples: ['codex-builder serve --repo ../my-app'],
  },
  open: { group: 'Daemon', needs: 'daemon', summary: 'Print a link that signs one browser in', examples: ['codex-builder open'] },
  pair: { group: 'Daemon', needs: 'daemon', summary: 'Print a one-time pairing code', examples: ['codex-builder pair'] },
  stop: {
    group: 'Daemon',
    needs: 'nothing',
    summary: 'Stop the daemon; with --all production as well',
    flags: { all: { type: 'boolean', summary: 'the gateway and every release too' } },
    examples: ['codex-builder stop', 'codex-builder stop --all'],
  },
} as const satisfies Record<string, CommandSpec>;

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
