import * as z from 'zod/mini';
import { API, type DoorName } from '#shared/api.ts';
import type { Role } from '#shared/audit.ts';
import { CapturedElement } from '#shared/capture.ts';
import type { Check } from '#shared/check.ts';
import type { CallResult } from '#shared/client.ts';
import { IdempotencyKey, RunId } from '#shared/ids.ts';
import type { FileDiff } from '#shared/review.ts';
import { type Run, RunRequest } from '#shared/run.ts';
import type { Sources } from '#shared/source.ts';
import type { Notice } from '#shared/stream.ts';
import type { EventWords } from '#shared/ui/event-words.ts';
import type { Hotkey } from './settings.ts';

/**
 * Everything that may be said to the background, as data. `from` is who may say it: `page` the
 * overlay in a tab's top frame, `frame` any content script, `ours` popup and options. A content
 * script stands next to a page that may be hostile, so its messages are checked like a stranger's.
 */
export interface Message {
  from: readonly Sender[];
  body: z.core.$ZodType;
}
export type Sender = 'page' | 'frame' | 'ours';

const DaemonId = z.string().check(z.regex(/^dmn_[0-9a-f]{16}$/));
const Nothing = z.object({});
/** Base64 of a PNG, JPEG or WebP of at most 20 MB. */
const Picture = z.string().check(z.regex(/^[A-Za-z0-9+/]*={0,2}$/), z.maxLength(28_000_000));
const DraftText = z.string().check(z.maxLength(32_768));

/** What may be done with a run from outside its own page. */
const ACTS = [
  'approveRun',
  'rejectRun',
  'reviseRun',
  'cancelRun',
  'retryRun',
  'revertRun',
  'restoreRun',
  'applyRun',
  'sendMessage',
  'archiveRun',
] as const satisfies readonly DoorName[];
export type Act = (typeof ACTS)[number];

// biome-ignore format: a table is read by column
export const MESSAGES = {
  /** The key was pressed in a frame: the overlay of its tab opens or closes. */
  toggle:       { from: ['frame'], body: Nothing },
  /** The key was pressed again at once: it is for the frame that the first press came from. */
  pass_key:     { from: ['page'], body: z.object({ frameId: z.int().check(z.minimum(1)) }) },
  /** What was typed in a frame between the key and the overlay's having the focus. */
  typed:        { from: ['frame'], body: z.object({ text: z.string().check(z.maxLength(1_000)) }) },
  /** A page that runs may be about is here, or moved on without a load. `loads`: the browser took its badge away. */
  here:         { from: ['page'], body: z.object({ loads: z.boolean() }) },
  /** The overlay was opened for the first time in its page: the rest of its script is put beside it. */
  load_panel:   { from: ['page'], body: Nothing },
  /** Sends a request, or keeps it until the daemon is back. `key` is made once per request, before it is first sent. */
  submit:       { from: ['page', 'ours'], body: z.object({ daemonId: DaemonId, key: IdempotencyKey, request: RunRequest, pictures: z.array(Picture).check(z.maxLength(8)) }) },
  /** Takes a kept request back: it is not sent, and given back to be changed. */
  take_back:    { from: ['page', 'ours'], body: z.object({ key: IdempotencyKey }) },
  /** Tries at once what waits, and connects again to what was refused. */
  retry:        { from: ['page', 'ours'], body: z.object({ daemonId: z.optional(DaemonId) }) },
  /** `body` is what the door of that name takes. */
  act:          { from: ['page', 'ours'], body: z.object({ daemonId: DaemonId, runId: RunId, act: z.enum(ACTS), body: z.unknown(), key: IdempotencyKey }) },
  /** What is decided about a run, and what happened last: its files, checks and summary. */
  look:         { from: ['page', 'ours'], body: z.object({ daemonId: DaemonId, runId: RunId }) },
  /** Photographs the visible part of the sender's tab. */
  photograph:   { from: ['page'], body: Nothing },
  /** What the page's framework says of an element, asked in the page's own world. */
  read_hints:   { from: ['page'], body: z.object({ selector: z.string().check(z.minLength(1), z.maxLength(2_000)), frame: z.optional(z.string().check(z.maxLength(2_000))) }) },
  /** Errors of the page since this was first asked on it. */
  read_errors:  { from: ['page'], body: Nothing },
  /** Where elements are in the code of a daemon's app. */
  find_sources: { from: ['page'], body: z.object({ daemonId: DaemonId, elements: z.array(CapturedElement).check(z.maxLength(20)) }) },
  open_preview: { from: ['page', 'ours'], body: z.object({ daemonId: DaemonId, runId: RunId }) },
  /** Opens the daemon's own page, on a run when one is named. */
  open_page:    { from: ['page', 'ours'], body: z.object({ daemonId: DaemonId, runId: z.optional(RunId) }) },
  /** The person picked a daemon where it was unclear; it is remembered for this origin. */
  pick_daemon:  { from: ['page'], body: z.object({ daemonId: DaemonId }) },
  /** What is being written on this page, kept across reloads and crashes; an empty text drops it. */
  keep_draft:   { from: ['page'], body: z.object({ text: DraftText }) },
  read_draft:   { from: ['page'], body: Nothing },
  /** Without `host` the sender's own page is meant. */
  site_off:     { from: ['page', 'ours'], body: z.object({ off: z.boolean(), host: z.optional(z.string().check(z.maxLength(255))) }) },
  /** `null` switches the key off. */
  set_hotkey:   { from: ['ours'], body: z.object({ hotkey: z.nullable(z.object({ mod: z.boolean(), shift: z.boolean(), alt: z.boolean(), key: z.string().check(z.minLength(1), z.maxLength(20)) })) }) },
  set_picture_first: { from: ['ours'], body: z.object({ on: z.boolean() }) },
  open_options: { from: ['page', 'ours'], body: Nothing },
  /** Which daemon the page in a tab belongs to, and which of its runs are about it. */
  sight:        { from: ['ours'], body: z.object({ url: z.string().check(z.maxLength(8_000)) }) },
  /** The elements that active runs of this page were asked about, to be outlined there. */
  /** A run stands open in the overlay, like this: the person has seen it. */
  seen:         { from: ['page'], body: z.object({ daemonId: DaemonId, runId: RunId, version: z.int() }) },
  read_marks:   { from: ['page'], body: Nothing },
  pair:         { from: ['ours'], body: z.object({ address: z.string().check(z.maxLength(2_000)), code: z.string().check(z.maxLength(200)), name: z.string().check(z.trim(), z.minLength(1), z.maxLength(80)) }) },
  unpair:       { from: ['ours'], body: z.object({ daemonId: DaemonId }) },
  set_patterns: { from: ['ours'], body: z.object({ daemonId: DaemonId, patterns: z.array(z.string().check(z.maxLength(300))).check(z.maxLength(50)) }) },
  /** Any door, for a `Client` in popup or options: see `background-client.ts`. */
  call:         { from: ['ours'], body: z.object({ daemonId: DaemonId, door: z.enum(Object.keys(API) as [DoorName, ...DoorName[]]), params: z.optional(z.record(z.string(), z.string())), query: z.optional(z.record(z.string(), z.unknown())), body: z.optional(z.unknown()), key: z.optional(IdempotencyKey) }) },
} as const satisfies Record<string, Message>;

export type MessageName = keyof typeof MESSAGES;
export type MessageBody<N extends MessageName> = z.infer<(typeof MESSAGES)[N]['body']>;

/** What each message is answered with. */
export interface Replies {
  toggle: undefined;
  pass_key: undefined;
  typed: undefined;
  here: undefined;
  load_panel: { ok: true } | Refused;
  submit: Submitted;
  take_back: RunRequest | undefined;
  retry: undefined;
  act: CallResult<{ run: Run }> | Lost;
  look: { ok: true; look: RunLook } | Refused;
  /** Data URL of a PNG, or why there is none. */
  photograph: { ok: true; picture: string } | Refused;
  read_hints: Record<string, string>;
  read_errors: readonly string[];
  find_sources: CallResult<Sources> | Lost;
  open_preview: { ok: true } | Refused;
  open_page: undefined;
  pick_daemon: undefined;
  keep_draft: undefined;
  read_draft: string | undefined;
  site_off: undefined;
  set_hotkey: undefined;
  set_picture_first: undefined;
  open_options: undefined;
  sight: Sight;
  /** Whether the daemon kept it. */
  seen: boolean;
  read_marks: readonly RunMark[];
  pair: Paired;
  unpair: undefined;
  set_patterns: undefined;
  call: { ok: true; status: number; body: unknown } | Lost;
}

/** What the popup knows of the page it was opened on. */
export interface Sight {
  /** Undefined while no daemon is paired or it is unclear which one it is. */
  daemonId?: string;
  /** Whether the page is one of the daemon's own; of others only what was asked for there is shown. */
  belongs: boolean;
  path?: string;
  previewOf?: string;
  /** Runs that were asked for on this origin. */
  asked: readonly string[];
}

/** Elements of a page that an active run is about. */
export interface RunMark {
  runId: string;
  title: string;
  /** The state in a word, and whether a person has to move. */
  words: string;
  calls: boolean;
  elements: readonly { selector: string; frame?: string }[];
}

/** The daemon did not answer. Whether it did what was asked is not known; the same key asks again safely. */
export interface Lost {
  ok: false;
  code: 'offline';
  message: string;
}

export interface Refused {
  ok: false;
  message: string;
}

/** What a run comes to, as far as it is known. */
export interface RunLook {
  /** Of the run, when this was read. */
  version: number;
  /** The commit that `files` is about. */
  head?: string;
  files: readonly Pick<FileDiff, 'path' | 'status' | 'additions' | 'deletions'>[];
  /** Files that are not named. */
  moreFiles: number;
  checks: readonly Pick<Check, 'name' | 'status'>[];
  /** The agent's own words. */
  summary?: string;
  last?: EventWords & { at: string };
  conflicts?: boolean;
  /** Commits on main that the run does not have. */
  behind?: number;
}

/** `kept`: not lost and not yet there; it is sent once, by itself, when it can be. */
export type Submitted = { end: 'sent'; run: Run } | { end: 'kept'; why: Words } | { end: 'refused'; message: string };

export type Paired = { end: 'paired'; daemonId: string } | { end: 'failed'; why: PairFailure; words: Words };
export type PairFailure =
  | 'address'
  | 'unreachable'
  | 'not_a_daemon'
  | 'wrong_code'
  | 'too_many_tries'
  | 'forbidden'
  | 'version'
  | 'internal';

/** For a person: what is, why or what helps, and the command that does it. */
export interface Words {
  title: string;
  text: string;
  command?: string;
}

/** How a daemon stands, without anything secret. */
export interface DaemonView {
  id: string;
  address: string;
  app?: string;
  deviceName: string;
  pairedAt: number;
  user?: string;
  role?: Role;
  patterns: readonly string[];
  link: LinkIs;
  /** Unless the link is ready: what is wrong and what helps. */
  words?: Words;
}
export type LinkIs = 'connecting' | 'ready' | 'offline' | 'impostor' | 'unpaired' | 'revoked' | 'version' | 'forbidden';

/** A request that was not acknowledged yet, without its pictures. */
export interface UnsentView {
  key: string;
  daemonId: string;
  prompt: string;
  url?: string;
  at: number;
  pictures: number;
  /** `refused`: the daemon said no and it is not tried again; the person takes it back or changes it. */
  state: { is: 'waiting' } | { is: 'problem' | 'refused'; message: string };
}

/** Name of the long-lived connection that updates come through: `browser.runtime.connect({ name: WATCH })`. */
export const WATCH = 'watch';

/** What the overlay hears, at once and after each change, until it disconnects. */
export interface PageView {
  /** Those that this page may belong to; `chosen` is undefined while the person has to pick, and of several is what they picked. */
  daemons: readonly DaemonView[];
  chosen?: string;
  /** Runs of the chosen daemon that are about this page (same path), or were asked for on its origin about no page. */
  runs: readonly Run[];
  /** The run whose preview this page is. */
  previewOf?: string;
  /** Kept requests that were made on this origin. */
  unsent: readonly UnsentView[];
}

/** What popup and options hear. `opened` is said first, whenever a background begins to tell: what was heard before may be old. */
export type InboxNotice =
  | { type: 'opened' }
  | { type: 'daemons'; daemons: readonly DaemonView[] }
  | { type: 'unsent'; unsent: readonly UnsentView[] }
  | { type: 'notice'; daemonId: string; notice: Notice };

/** What the background says to the overlay of a tab, and `press` to the relay of a frame. `frameId`: where the key was pressed. */
export type TabMessage = { type: 'toggle'; frameId?: number } | { type: 'typed'; text: string } | { type: 'press' };

export type { Hotkey };
