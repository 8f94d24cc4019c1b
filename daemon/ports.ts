/**
 * What the outside must be for the daemon. Core and effects speak only these
 * words; each adapter translates one of them. Expected outcomes are values
 * with an `end`; an adapter throws only when something impossible happened.
 * Instants are milliseconds since the epoch, durations milliseconds, paths absolute.
 */

import type { CapturedElement } from '#shared/capture.ts';
import type { FileDiff } from '#shared/review.ts';
import type { DataMigration } from '#shared/run.ts';
import type { Sources } from '#shared/source.ts';

export interface Clock {
  /** Wall clock, for what is stored and shown. */
  now(): number;
  /** Monotonic clock, for every time limit. */
  elapsed(): number;
  /** Calls `then` once after `delayMs` of the monotonic clock; the answer cancels it. */
  after(delayMs: number, then: () => void): () => void;
}

export interface Ids {
  /** A sortable identifier: prefix, underscore, 26 characters. */
  next(prefix: 'run' | 'rel' | 'dev' | 'usr' | 'req' | 'cand'): string;
  /** Cryptographically random bytes in lower-case hex. */
  randomHex(bytes: number): string;
}

/** One JSON line a call on stderr or the log file; secrets never appear in `fields`. */
export type Log = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * Where a program's output goes: whole on disk up to a cap, secrets redacted,
 * live to whoever listens. Bytes past the cap are counted and replaced by one marker line.
 */
export interface LogSink {
  write(chunk: Uint8Array | string): void;
  /** Flushes to disk. The file stays readable. */
  close(): Promise<void>;
}

// ---------------------------------------------------------------- programs

/** How a program ended. `survivors` are pids found alive afterwards that belong to it: always empty unless killing failed. */
export type ProcessOutcome = { durationMs: number; stderrTail: string; survivors: readonly number[] } & (
  | { end: 'exited'; code: number }
  | { end: 'signaled'; signal: string }
  | { end: 'timed_out' }
  | { end: 'stopped' } // we asked, through the AbortSignal
  | { end: 'flooded' } // wrote more than `outputBytes` and was killed
  | { end: 'not_started'; detail: string }
);

// ---------------------------------------------------------------- sandbox

/**
 * What a sandboxed program may reach.
 * `none`   its own network namespace, loopback only.
 * `relay`  the same, plus 127.0.0.1:`port` bridged to the daemon's unix socket.
 * `allow`  the same, plus an HTTP(S) proxy on loopback that connects to the named hosts only (`name` or `name:port`). They must be public,
 *          or with `privateNetworks`, for names that the host's settings give, at least another machine.
 */
export type SandboxNet =
  | { kind: 'none' }
  | { kind: 'relay'; socket: string; port: number }
  | {
      kind: 'allow';
      hosts: readonly string[];
      privateNetworks?: boolean;
      /** Told of each name that it could not reach, and whether that was for want of permission. */
      onDenied?: (host: string, why: 'refused' | 'unreachable') => void;
    };

/** Host path bound at a path inside. Nothing else of the host but the toolchain is visible. */
export interface SandboxMount {
  host: string;
  inside: string;
  mode: 'ro' | 'rw';
  /** `host` lies in the lower part of a layer: what is written goes to the upper part, `host` stays as it is. */
  layer?: SandboxLayer;
}

/** A folder that is never written with another on top that takes the writes. Several mounts may share one; two programs at a time may not. */
export interface SandboxLayer {
  lower: string;
  /** Holds `upper`, `work` and `merged`, on one file system, as the seat's own. */
  folder: string;
}

export interface SandboxRequest {
  /** Whose process this is, for example `run_x/attempt/1`. Also the environment variable by which survivors are found. */
  tag: string;
  /** Decides the restricted user where the provider has one; a slot's number, or 0 for the gate and builds. */
  seat: number;
  argv: readonly [string, ...string[]];
  /** Working directory inside, normally `/app`. */
  cwd: string;
  mounts: readonly SandboxMount[];
  /** The whole environment besides PATH, HOME, TMPDIR, LANG and the tag. */
  env: Readonly<Record<string, string>>;
  net: SandboxNet;
  /** Makes 127.0.0.1:`port` of the inside reachable on a unix socket of the host (a preview). The folder of `socket` must exist. */
  expose?: { port: number; socket: string };
  stdin?: string;
  /** Each complete chunk of standard output / standard error. Default: both go to `log`. */
  onStdout?: (chunk: Buffer) => void;
  onStderr?: (chunk: Buffer) => void;
  log?: LogSink;
  timeoutMs: number;
  /** Kills the program when it has written more than this to stdout and stderr together. */
  outputBytes?: number;
  /** Codex nests a sandbox of its own, which needs user namespaces inside; all else does without. */
  nestedSandbox?: boolean;
  signal: AbortSignal;
}

/** A sandboxed program that is still running. */
export interface SandboxProcess {
  /** The outermost process on the host. */
  pid: number;
  /** Settles when the whole tree is gone. */
  ended: Promise<ProcessOutcome>;
}

export interface SandboxCapabilities {
  provider: 'bwrap' | 'user+bwrap' | 'none';
  /** Agent code runs as another OS user than the daemon. */
  separateUser: boolean;
  ownNetwork: boolean;
  ownProcesses: boolean;
  /** Mounts may have a layer (overlayfs). Without it what is to be mounted writable is copied first. */
  layers: boolean;
  /** Mounts are made at all: without them a path inside is one of the host. */
  mounts: boolean;
}

/** Confines every program that an agent wrote or could have changed. */
export interface Sandbox {
  readonly capabilities: SandboxCapabilities;
  /** Tries each promise of the provider for real (read, write, network, processes, environment). Empty = all hold. */
  selfTest(): Promise<readonly { promise: string; found: string; remedy: string }[]>;
  run(request: SandboxRequest): Promise<ProcessOutcome>;
  start(request: SandboxRequest): SandboxProcess;
  /** The command, for a shell inside, that serves a folder of plain files on 127.0.0.1:$PORT. `fallback` is the page for every address that no file has. */
  serving(site: { folder: string; fallback?: string }): string;
  /** Makes a folder of ours readable and writable for the programs of `seat`, and for nobody else but the daemon. */
  own(folder: string, seat: number): Promise<void>;
  /** Removes the contents of a folder that sandboxed programs wrote to, whatever modes they left. */
  wipe(folder: string): Promise<void>;
  /** Kills whatever still carries the tag or a tag below it (`tag/…`), and answers what could not be killed. */
  sweep(tag: string): Promise<readonly number[]>;
}

// ---------------------------------------------------------------- dependencies

/** What the app says of its setup, and where its commands run. */
export interface SetupSpec {
  /** Undefined: there is nothing to make. */
  command?: string;
  env: Readonly<Record<string, string>>;
  /** Where it runs, from the repository's root. Undefined: the nearest folder with a lockfile from `appFolder` upwards. */
  folder?: string;
  appFolder: string;
  network: 'registry' | 'none';
  /** What it makes besides `node_modules`. */
  keep: readonly string[];
  /** Globs of more files that its result depends on. */
  inputs: readonly string[];
  /** Files of the state folder to be readable in the app's folder. */
  copies: readonly { from: string; to: string }[];
}

export interface SetUpRequest {
  /** Of the process, see {@link SandboxRequest.tag}. */
  tag: string;
  seat: number;
  /** Clean checkout of `commit`, owned by the seat. */
  worktree: string;
  commit: string;
  /** The commit is main's: what it makes serves every commit with the same inputs. Another's serves its own tree only. */
  trusted: boolean;
  setup: SetupSpec;
  /** Secrets for the setup command alone. */
  env: Readonly<Record<string, string>>;
  /** `beside`: mounted with the worktree, in none of its commits. `within`: as files of their own, for what must last without us. */
  place: 'beside' | 'within';
  /** Checks the worktree out again, for the seat: setup may have changed files of the commit. */
  again(): Promise<void>;
  timeoutMs: number;
  log: LogSink;
  signal: AbortSignal;
}

export type SetUpOutcome = { end: 'ready' } | { end: 'failed'; detail: string; process?: ProcessOutcome };

/**
 * What a checkout needs besides its commit: what setup makes, kept by what it is made of; submodules; files of the state folder.
 * What is kept is never written again: each worktree gets a layer of its own on top, or a copy.
 */
export interface Dependencies {
  /** Gives a worktree what it needs and takes away what it had before. Safe to repeat and after a kill. */
  provide(request: SetUpRequest): Promise<SetUpOutcome>;
  /** What is to be mounted with a worktree, as the last `provide` left it. The agent does not get the copies. */
  mountsAt(worktree: string, who: 'app' | 'agent'): readonly SandboxMount[];
  /** Removes what nobody has used for long, or with `all` whatever nobody uses; answers the bytes. */
  prune(options: { all: boolean }): Promise<{ removedBytes: number }>;
}

/** Values that the host gives the app, from `<state>/env/<name>.env`. Read each time, so an edit counts from the next command on. */
export interface HostEnvironment {
  of(name: 'setup' | 'checks' | 'preview'): Readonly<Record<string, string>>;
}

// ---------------------------------------------------------------- agent

/** Who the agent's model is and whether it can be used now. */
export type AgentReadiness =
  | { ready: true; engine: 'codex'; version: string; model: string; provider: string; demo: boolean }
  | {
      ready: false;
      reason: 'signed_out' | 'unreachable' | 'engine_missing' | 'wrong_version' | 'sandbox_refused';
      detail: string;
      remedy: string;
    };

export interface AttemptRequest {
  runId: string;
  attempt: number;
  seat: number;
  /** Checked-out worktree on the host; `/app` inside. */
  worktree: string;
  /** Folder kept per thread on the host; `/codex` inside. */
  codexHome: string;
  /** Git folder of the control repository, readable inside at the same path, never writable. */
  gitDir: string;
  /** Continue this thread; undefined starts one. */
  threadId?: string;
  brief: string;
  /** What the worktree needs besides its commit. */
  mounts?: readonly SandboxMount[];
  /** Read-only input files, `/in/<name>` inside. Images among them are shown to the model. */
  inputs: readonly { name: string; host: string; image: boolean }[];
  model?: string;
  reasoning?: string;
  /** Safe mode: the worktree can be read and not written. */
  readOnly?: boolean;
  /** Tokens of this thread already counted by earlier attempts (Codex reports cumulative figures). */
  budget: { tokens?: number; costUsd?: number };
  timeoutMs: number;
  /** No output for so long ends the attempt. */
  stallMs: number;
  /** JSON schema of the final answer. */
  answerSchema: object;
  onThread(threadId: string): void;
  onCommand(command: AgentCommand): void;
  onUsage(usage: TokenUsage): void;
  /** What people read live: messages, plan, commands and their output. */
  log: LogSink;
  /** Codex's own JSON lines, kept whole. */
  transcript: LogSink;
  signal: AbortSignal;
}

export interface TokenUsage {
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
}

/** One thing the agent did with a tool. Reported once when it starts and again, same `callId`, when more is known. */
export interface AgentCommand {
  callId: string;
  tool: 'shell' | 'patch' | 'other';
  command: string;
  cwd: string;
  startedAt: number;
  durationMs?: number;
  exitCode?: number;
  /** First and last part of the output, at most 16 KiB. */
  output?: string;
  refused?: string;
}

export type AttemptOutcome = { threadId?: string; usage: TokenUsage; durationMs: number; survivors: readonly number[] } & (
  | { end: 'finished'; answer: string }
  | { end: 'stopped' }
  | { end: 'timed_out' }
  | { end: 'stalled' }
  | { end: 'over_budget'; detail: string }
  | { end: 'failed'; reason: 'signed_out' | 'rate_limited' | 'unreachable' | 'command_not_allowed' | 'crashed'; detail: string }
);

/** A coding agent: given a folder and words, it edits the folder and says how it ended. */
export interface AgentEngine {
  /** Cheap enough to ask before every lease. */
  readiness(): Promise<AgentReadiness>;
  work(request: AttemptRequest): Promise<AttemptOutcome>;
}

// ---------------------------------------------------------------- repository

export interface CommitIdentity {
  name: string;
  email: string;
  /** Author and committer date; given by the ledger, so that the same inputs make the same hash. */
  at: number;
}

export type UpstreamState =
  | { state: 'in_step' }
  | { state: 'ahead'; by: number; why: string } // ours has what theirs lacks: left alone and said
  /** `commit` is where theirs is; `rewritten`: what was on main on both sides is no longer part of it. */
  | { state: 'diverged'; ours: number; theirs: number; commit: string; rewritten: boolean }
  | { state: 'offline'; detail: string };

/** A commit in one line. `committer` is an e-mail address. */
export interface CommitLine {
  commit: string;
  parents: readonly string[];
  at: number;
  committer: string;
  subject: string;
}

export type CommitOutcome = { end: 'built'; commit: string } | { end: 'conflict'; paths: readonly string[] };

export type MoveOutcome = { end: 'moved' } | { end: 'main_moved'; main: string };

export type SnapshotOutcome =
  | { end: 'committed'; commit: string; tree: string }
  | { end: 'empty' }
  | { end: 'refused'; problems: readonly { path: string; why: string }[] };

export type CandidateOutcome =
  | { end: 'built'; commit: string; tree: string; base: string }
  | { end: 'conflict'; paths: readonly string[] }
  | { end: 'already_merged' }
  | { end: 'extra_files'; paths: readonly string[] }; // the landed diff would touch files the approved one does not

export type LandOutcome = { end: 'landed' } | { end: 'main_moved'; main: string } | { end: 'branch_moved'; head: string };

/** Names of refs we write: `refs/heads/codex/run-<id>`, `refs/codex-archive/run-<id>`, `refs/codex-builder/{candidate,release,proposal}/<id>`. */
export interface Repository {
  /** The daemon's bare control repository. */
  readonly gitDir: string;
  /** Creates or repairs the control repository, clears what a killed git left behind, fetches upstream for the first time. */
  open(): Promise<{ ok: true; main: string } | { ok: false; detail: string; remedy: string }>;
  /** Fetches upstream and fast-forwards our main when only theirs moved. */
  syncFromUpstream(signal: AbortSignal): Promise<UpstreamState & { main: string; movedFrom?: string }>;
  /** Brings upstream's main along after we moved ours; never touches anything of theirs that is in the way. */
  bringUpstreamAlong(signal: AbortSignal): Promise<UpstreamState & { checkout: 'updated' | 'left' | 'none'; why?: string }>;
  /** The newest commit made in upstream that main has taken up, if any has since the first fetch. */
  arrived(): Promise<string | undefined>;
  /** Merges upstream's main into ours in the object store; no ref moves. Same inputs, same hash. */
  buildSync(request: { ours: string; theirs: string; message: string; identity: CommitIdentity }): Promise<CommitOutcome>;
  /** Moves main by compare-and-swap to what `buildSync` built, and notes that theirs has arrived. */
  landSync(request: { from: string; theirs: string; to: string }): Promise<MoveOutcome>;
  /** Makes a rewritten main of upstream ours, by compare-and-swap. What main was is kept under a ref of its own. */
  takeOverMain(request: { from: string; to: string }): Promise<MoveOutcome>;
  /** Commits of `to` that `from` lacks (all of them without `from`), newest first. */
  commitsBetween(from: string | undefined, to: string, limit: number): Promise<readonly CommitLine[]>;
  head(ref: string): Promise<string | undefined>;
  /** Bytes of a file at a commit as text; undefined when the commit has no such file. */
  readFile(commit: string, path: string): Promise<string | undefined>;
  listFiles(commit: string): Promise<readonly string[]>;
  /** Lines of text files at a commit that hold one of the texts as it is. `isWhole`: the search saw everything within its limits. */
  findText(request: {
    commit: string;
    texts: readonly string[];
    maxBytes: number;
    timeoutMs: number;
    signal: AbortSignal;
  }): Promise<{ hits: readonly { path: string; line: number; text: string }[]; isWhole: boolean }>;
  treeOf(commit: string): Promise<string>;

  /**
   * A persistent worktree, made if missing, cleaned on entry: afterwards it is exactly `at`, on `branch` or detached,
   * with nothing untracked and nothing ignored left. Safe to repeat and after a kill.
   */
  checkout(request: {
    folder: string;
    at: string;
    branch?: string;
    signal: AbortSignal;
  }): Promise<{ ok: true } | { ok: false; detail: string }>;
  /**
   * Completes a clean checkout: contents of Git LFS files in place of their pointers, and the files of submodules, which lie elsewhere, are
   * shared and never written. Runs no program of the repository's configuration.
   */
  furnish(request: {
    folder: string;
    at: string;
    signal: AbortSignal;
  }): Promise<{ ok: true; changed: boolean; submodules: readonly { path: string; folder: string }[] } | { ok: false; detail: string }>;
  /** Forgets the files of submodules that no checkout was furnished with since; they can be made again. */
  forgetSubmodules(unusedSince: number): Promise<void>;
  /** Commits everything in the worktree on top of `base` with a private index: complete or refused, never partial. Nothing of the worktree's git configuration is used. */
  snapshot(request: {
    folder: string;
    base: string;
    branch: string;
    message: string;
    identity: CommitIdentity;
    signal: AbortSignal;
    /** Parents of the commit where they are not just `base`: a resolved merge has two. */
    parents?: readonly string[];
  }): Promise<SnapshotOutcome>;
  /**
   * Commits a unified diff on top of `base` in the object store, under the same rules as a snapshot, and pins it as the run's proposal.
   * Nothing is checked out and no branch moves. Same inputs, same hash.
   */
  proposePatch(request: {
    runId: string;
    base: string;
    patch: string;
    message: string;
    identity: CommitIdentity;
    signal: AbortSignal;
  }): Promise<SnapshotOutcome | { end: 'does_not_apply'; detail: string }>;
  /** Points a run's branch at a commit that exists; safe to repeat. */
  setBranch(request: { branch: string; to: string }): Promise<void>;
  /** Moves the branch of an ended run to `refs/codex-archive/`: nothing unmerged is ever deleted. Safe to repeat. */
  archiveBranch(branch: string): Promise<void>;
  /** How `head` stands with `main`, from the object store alone. `files` are those it changes since their merge base. */
  standing(main: string, head: string): Promise<{ behind: number; conflicts: readonly string[]; files: readonly string[] }>;
  /** Merges `main` into `head` with the conflict markers left in the files: where a run that resolves them starts. */
  buildResolution(request: {
    head: string;
    main: string;
    message: string;
    identity: CommitIdentity;
  }): Promise<{ commit: string; conflicts: readonly string[] }>;
  /** Unified diff per file computed from the object store only; `patch` is left out of binary files and cut at 2 MiB a file. */
  diff(base: string, head: string): Promise<readonly FileDiff[]>;
  mergeBase(a: string, b: string): Promise<string | undefined>;
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;

  /** Builds and pins the two-parent merge of `head` into `main` without touching any checkout. Same inputs, same hash. */
  buildCandidate(request: {
    candidateId: string;
    runId: string;
    main: string;
    head: string;
    message: string;
    identity: CommitIdentity;
  }): Promise<CandidateOutcome>;
  /** One ref transaction: verifies the run's branch, moves main by compare-and-swap, writes the release ref. Durable when it answers. */
  land(request: { runId: string; head: string; from: string; candidate: string; releaseId: string }): Promise<LandOutcome>;
  /** Builds the commit that takes `commit` (a merge on main) back, on top of `main`. */
  buildUndo(request: {
    commit: string;
    main: string;
    message: string;
    identity: CommitIdentity;
  }): Promise<{ end: 'built'; commit: string } | { end: 'conflict'; paths: readonly string[] } | { end: 'nothing_to_undo' }>;
  /** Builds the commit on top of `main` that takes back everything between `target` and `left`, keeping what came to main since. */
  buildRestore(request: {
    target: string;
    left: string;
    main: string;
    message: string;
    identity: CommitIdentity;
  }): Promise<{ end: 'built'; commit: string } | { end: 'conflict'; paths: readonly string[] } | { end: 'nothing_to_undo' }>;
  /** Moves main by compare-and-swap. */
  moveMain(request: { from: string; to: string }): Promise<{ end: 'moved' } | { end: 'main_moved'; main: string }>;
  deleteCandidate(candidateId: string): Promise<void>;
}

// ---------------------------------------------------------------- sources

/** Where captured elements are in the code. */
export interface SourceFinder {
  /** Bounded in files, bytes and time; answers what it has when one of them ends it. */
  find(request: { commit: string; elements: readonly CapturedElement[]; signal: AbortSignal }): Promise<Sources>;
}

// ---------------------------------------------------------------- preview

export interface PreviewRequest {
  runId: string;
  slot: string;
  seat: number;
  /** Clean checkout of the commit under test. */
  worktree: string;
  commit: string;
  command: string;
  /** Where it runs inside. Default `/app`. */
  cwd?: string;
  /** What the worktree needs besides its commit. */
  mounts?: readonly SandboxMount[];
  env: Readonly<Record<string, string>>;
  dataFolder: string;
  health: { path: string; timeoutMs: number };
  log: LogSink;
  signal: AbortSignal;
}

export type PreviewOutcome =
  | { end: 'listening'; url: string; startedAt: number }
  | { end: 'failed'; why: 'exited' | 'never_listened' | 'unhealthy' | 'stopped'; detail: string };

/** A running app per slot, in the slot's own process tree, reachable through the gateway. */
export interface Previewer {
  start(request: PreviewRequest): Promise<PreviewOutcome>;
  /** Kills the slot's preview, if any, and proves it gone; the host answers 503 with a plain page afterwards. */
  stop(slot: string): Promise<readonly number[]>;
  health(slot: string): 'starting' | 'healthy' | 'unhealthy' | 'stopped';
  /** One request to the preview as a browser would make it, without following redirects. */
  request(slot: string, path: string, timeoutMs: number): Promise<HttpProbe>;
  urlOf(slot: string): string;
  /** Called when a preview that was listening ends by itself. */
  onEnded(then: (slot: string, runId: string, detail: string) => void): void;
}

export type HttpProbe =
  | { end: 'answered'; status: number; durationMs: number; contentType?: string; bytes: number }
  | { end: 'no_answer'; detail: string; durationMs: number };

export interface PreviewDataRequest {
  runId: string;
  seat: number;
  /** Clean checkout of the base commit, for the seed and of the run's commit for its migrations. */
  worktree: string;
  /** Where its commands run inside. Default `/app`. */
  cwd?: string;
  /** What the worktree needs besides its commit. */
  mounts?: readonly SandboxMount[];
  dataFolder: string;
  kind: 'sqlite' | 'none';
  /** Database file, relative to the data folder. */
  file?: string;
  seed?: string;
  /** What the seed is made of: same key, same bytes. */
  seedKey: string;
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
  log: LogSink;
  signal: AbortSignal;
}

/** Preview data of a slot: reset before each run, never production's. */
export interface PreviewData {
  /** Puts a fresh copy of the seed into the data folder; builds the seed first when its key is new. */
  reset(request: PreviewDataRequest): Promise<{ ok: true; seedVersion: string; resetAt: number } | { ok: false; detail: string }>;
  /** Runs the app's own migration command on the copy. */
  migrate(request: Omit<PreviewDataRequest, 'seed' | 'seedKey'> & { command: string }): Promise<DataMigration>;
}

// ---------------------------------------------------------------- production

export interface ReleaseSpec {
  releaseId: string;
  commit: string;
  /** What its folder needs besides the commit, as files of its own. */
  setup?: Pick<SetUpRequest, 'setup' | 'env' | 'timeoutMs'>;
  /** Where its commands run, from the repository's root. Default: there. */
  appFolder?: string;
  build?: string;
  migrate?: string;
  start: string;
  env: Readonly<Record<string, string>>;
  health: { path: string; timeoutMs: number };
  timeoutMs: number;
}

/** A release as the gateway is to run it. Secrets stay in `envFile`. */
export interface ReleaseStart {
  releaseId: string;
  commit: string;
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
  envFile?: string;
  dataDir: string;
  logFile: string;
}

export type PrepareOutcome = { end: 'prepared'; folder: string } | { end: 'failed'; step: 'checkout' | 'setup' | 'build'; detail: string };
export type StartOutcome =
  | { end: 'healthy'; port: number; pid: number }
  | { end: 'failed'; step: 'migrate' | 'start' | 'health'; detail: string };

/** How production gets a commit. Every step may be repeated: the second time finds what the first one did. */
export interface Deployer {
  /** The release's own folder at exactly that commit, built. */
  prepare(spec: ReleaseSpec, log: LogSink, signal: AbortSignal): Promise<PrepareOutcome>;
  /** Starts it beside the live one and waits until it is healthy; a release that is still warm is used as it is. `migrate` runs once per release, never on a rollback. */
  start(spec: ReleaseSpec, options: { migrate: boolean }, log: LogSink, signal: AbortSignal): Promise<StartOutcome>;
  /** Moves traffic to it by compare-and-swap on what is live now. `not_running`: it ended meanwhile, the traffic stays where it is. */
  switchTo(
    releaseId: string,
    expectLive: string | undefined,
  ): Promise<{ end: 'switched' | 'not_running' } | { end: 'moved'; live: string | undefined }>;
  /** Which release has the traffic, as the gateway's own record says. */
  live(): Promise<string | undefined>;
  /** Lets requests in flight end, then stops every release but the live one and those to keep warm. */
  retire(keepWarm: readonly string[]): Promise<void>;
  /** Stops a release that never went live. */
  discard(releaseId: string): Promise<void>;
  probe(path: string, timeoutMs: number, signal?: AbortSignal): Promise<HttpProbe>;
}

/** Host → process. A small program of its own that outlives the daemon; its state file is the truth of what is live. */
export interface Gateway {
  /**
   * Finds the running gateway or starts one. `previewHosts` are the names of previews that it serves, without port; once given they hold
   * for every later call, and other names are refused.
   */
  ensure(given?: {
    previewHosts: readonly string[];
  }): Promise<{ ok: true; url: string; adopted: boolean } | { ok: false; detail: string; remedy: string }>;
  /** `epoch` names whose preview it is: when it changes, browsers are told to forget what the one before left in them. */
  setPreview(host: string, target: { unix: string; epoch?: string } | undefined): Promise<void>;
  state(): Promise<GatewayState>;
  /** Ends the gateway and the releases behind it (`stop --all`). */
  shutDown(): Promise<void>;
}

export interface GatewayState {
  generation: number;
  live?: LiveProcess & { port: number; pid: number };
  /** How often a gateway of this state was cut off rather than left, and when that was found out last. */
  cutOff?: { times: number; at: number };
  releases: readonly {
    releaseId: string;
    pid: number;
    port: number;
    running: boolean;
    inFlight: number;
    /** Absent: a gateway of an earlier version, which does not count. */
    traffic?: Traffic;
  }[];
}

/** The process of the live release. The gateway starts it again when it ends. */
export interface LiveProcess {
  releaseId: string;
  running: boolean;
  startedAt: number;
  restarts: number;
  /** When and how it last ended by itself. Absent: never, or nobody was there to see it. */
  ended?: { at: number; how: string };
}

/** What became of people's requests to a release since the gateway runs. Our own probes are not in it. */
export interface Traffic {
  requests: number;
  /** Answered 5xx by the app. */
  serverErrors: number;
  /** The app gave no answer. */
  noAnswer: number;
  /** Where most of them failed, worst first; at most a few. */
  failing: readonly { path: string; count: number }[];
}

/** Facts about the machine that decide whether work may start. */
export interface Host {
  freeBytes(folder: string): Promise<number>;
}
