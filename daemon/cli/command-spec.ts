import type { DoorName } from '#shared/api.ts';

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
  /** The doors of the API it may call; `events` is the stream. */
  doors?: readonly (DoorName | 'events')[];
  summary: string;
  /** More than one sentence of help, where it is needed. */
  more?: string;
  /** What may stand after the name: as help shows it, how many at most, and the only values there are. */
  words?: {
    text: string;
    most: number;
    /** The only values there are, for every word. */
    choices?: readonly string[];
    /** The only values of the first word; what follows is free. */
    verbs?: readonly string[];
  };
  flags?: Readonly<Record<string, FlagSpec>>;
  examples: readonly [string, ...string[]];
}

export const GROUPS = ['Set up', 'Changes', 'Review', 'Production', 'Daemon'] as const;

/** One run: its id, the end of its id, or `last`. */
export const RUN = { text: 'RUN', most: 1 } as const;

export const LIMIT = { type: 'string', value: 'N', summary: 'how many at most' } as const satisfies FlagSpec;

export const YES = { type: 'boolean', short: 'y', summary: 'do not ask' } as const satisfies FlagSpec;

/** Of every command that changes something. */
export const KEY = {
  type: 'string',
  value: 'KEY',
  summary: 'idempotency key: the same call with the same key is done once (default: a new one)',
} as const satisfies FlagSpec;

export const WAIT = {
  type: 'boolean',
  short: 'w',
  summary: 'wait until it needs a person or has ended; Ctrl-C leaves it going',
} as const satisfies FlagSpec;

/** Of every command that acts on one run and is done. */
export const ACTS_ON_RUN = { needs: 'daemon', words: RUN, flags: { key: KEY } } as const;

/** Of every command that makes another run of one, and may wait for it. */
export const MAKES_RUN = { needs: 'daemon', words: RUN, flags: { wait: WAIT, key: KEY } } as const;

/** What is asked while a run is waited for. */
export const WAITS = ['listRuns', 'getRun', 'status', 'events'] as const;

/** Flags of every command. */
export const COMMON_FLAGS = {
  json: { type: 'boolean', summary: 'answer in JSON, for programs' },
  repo: { type: 'string', value: 'PATH', summary: 'the repository of the app (default: the one around the current folder)' },
  state: { type: 'string', value: 'DIR', summary: 'the state folder of its daemon (default: derived from the repository)' },
  help: { type: 'boolean', short: 'h', summary: 'this text' },
} as const satisfies Record<string, FlagSpec>;
