import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod/mini';

const Path = z.string().check(z.regex(/^\/[^\0]*$/));
const Name = z.string().check(z.regex(/^[A-Za-z0-9._-]{1,80}$/));
const Host = z.string().check(z.regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/));

/** What starts a release. Secrets are not here: they stay in `envFile`, which is read at each start. */
export const StartRequest = z.strictObject({
  releaseId: Name,
  commit: Name,
  argv: z.array(z.string()).check(z.minLength(1)),
  cwd: Path,
  env: z.record(z.string(), z.string()),
  envFile: z.optional(Path),
  dataDir: Path,
  logFile: Path,
});
export type StartRequest = z.infer<typeof StartRequest>;

/** A release and its process. `pid` without `startTime` never occurs; neither means "being started" or "not running". */
const ReleaseRecord = z.strictObject({
  start: StartRequest,
  port: z.number(),
  pid: z.optional(z.number()),
  startTime: z.optional(z.string()),
  startedAt: z.number(),
  restarts: z.number(),
  /** When and how it last ended by itself while it was live. */
  ended: z.optional(z.strictObject({ at: z.number(), how: z.string() })),
});
export type ReleaseRecord = z.infer<typeof ReleaseRecord>;

export const PreviewTarget = z.strictObject({ unix: Path, epoch: z.optional(z.string().check(z.maxLength(100))) });
export type PreviewTarget = z.infer<typeof PreviewTarget>;

/** The part of the state that the daemon configures. */
export const GatewayConfig = z.strictObject({ controlUrl: z.optional(z.url()), previewHosts: z.array(Host) });
export type GatewayConfig = z.infer<typeof GatewayConfig>;

const State = z.strictObject({
  version: z.literal(1),
  generation: z.number(),
  live: z.optional(Name),
  releases: z.array(ReleaseRecord),
  previews: z.record(z.string(), PreviewTarget),
  /** Per preview host: the epoch whose first answer told browsers to forget the epochs before it. */
  cleared: z.record(z.string(), z.strictObject({ epoch: z.string(), browser: z.boolean() })),
  config: GatewayConfig,
  /** A gateway runs on this state, or did until it was cut off: one that leaves takes the mark away. */
  held: z.optional(z.literal(true)),
  /** How often one was cut off (killed, out of memory, no power), and when that was found out last. */
  cutOff: z.optional(z.strictObject({ times: z.number(), at: z.number() })),
});
export type State = z.infer<typeof State>;

const EMPTY: State = { version: 1, generation: 0, releases: [], previews: {}, cleared: {}, config: { previewHosts: [] } };

/** The truth of what is live. What `current` says is on disk. */
export interface StateFile {
  readonly current: State;
  /** The file was there when we opened it: what it does not name is not ours to keep. */
  readonly existed: boolean;
  /** Makes the next state durable (0600, temp, fsync, rename, fsync of the folder) and only then true. */
  update(change: (state: State) => State): void;
}

/** Opens the state file. Throws when it is there and cannot be understood: guessing what is live would be worse than not starting. */
export function openStateFile(path: string): StateFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const stored = readIfThere(path);
  let current = stored === undefined ? EMPTY : z.parse(State, JSON.parse(stored));
  return {
    get current() {
      return current;
    },
    existed: stored !== undefined,
    update(change) {
      const next = change(current);
      writeDurably(path, `${JSON.stringify(next, undefined, 1)}\n`);
      current = next;
    },
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function writeDurably(path: string, text: string): void {
  const temp = `${path}.tmp`;
  const file = openSync(temp, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temp, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
