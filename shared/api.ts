import * as z from 'zod/mini';
import { AuditEntry, Device, ROLES, type Role } from './audit.ts';
import { Capture, CapturedElement } from './capture.ts';
import { Check } from './check.ts';
import type { ErrorCode } from './errors.ts';
import { ArtifactHash, Commit, DeviceId, Instant, ReleaseId, RunId, SlotId } from './ids.ts';
import { Release } from './release.ts';
import { Approval, Attempt, CommandRecord, Diff } from './review.ts';
import { Draft, LogInfo, Message, Preview, ReviewComments, RUN_STATES, Run, RunEvent, RunRequest, Standing } from './run.ts';
import { Slot } from './slot.ts';
import { Sources } from './source.ts';

/** Version of everything in this folder. A client sends it as `X-Codex-Builder-Protocol`; another version is 426. */
export const PROTOCOL = 1;

/**
 * A door of the daemon as data: both sides are built from it, so the server
 * cannot forget one and the client cannot misspell one. `role` is the least
 * role that may use it, `none` needs no sign-in. A mutation needs an
 * Idempotency-Key unless it says `key: false`.
 */
export interface Door {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  role: Role | 'none';
  summary: string;
  status: 200 | 201 | 202;
  params?: z.core.$ZodType;
  query?: z.core.$ZodType;
  body?: z.core.$ZodType;
  reply: z.core.$ZodType;
  key?: false;
  /** Answers `Location`: where what it made is read. */
  location?: true;
  /** What this door refuses besides what every door of its kind does. */
  refuses?: readonly ErrorCode[];
}

const Limit = z.optional(z.coerce.number().check(z.int(), z.gte(1), z.lte(200)));
const ByRun = z.object({ id: RunId });
const ByDraft = z.object({ id: RunId, position: z.coerce.number().check(z.int(), z.gte(1)) });
const OneRun = z.object({ run: Run });
const Empty = z.object({});
const LogName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,80}$/));
const LogPart = z.object({ name: z.string(), from: z.number(), next: z.number(), finished: z.boolean(), text: z.string() });

const Flags = z.object({ freeze: z.boolean(), safeMode: z.boolean() });

/** What a surface must say before anything else: who the model is, what is switched off, what needs attention. */
export const Status = z.object({
  app: z.string(),
  productionUrl: z.string(),
  agent: z.object({
    ready: z.boolean(),
    demo: z.boolean(),
    model: z.optional(z.string()),
    version: z.optional(z.string()),
    detail: z.optional(z.string()),
    remedy: z.optional(z.string()),
    /** Requests a demo model understands; empty for a real one. */
    examples: z.array(z.string()),
  }),
  sandbox: z.string(),
  main: z.optional(Commit),
  upstream: z.object({
    state: z.enum(['in_step', 'ahead', 'diverged', 'offline', 'unknown']),
    detail: z.optional(z.string()),
    since: z.optional(Instant),
    /** main there was rewritten to this commit and lacks so many commits of main here: a person decides. */
    rewritten: z.optional(z.object({ commit: Commit, dropped: z.number(), runs: z.array(z.string()) })),
    /** Both moved and cannot be made one without a person: files that both changed, or a check that failed on the merge. */
    held: z.optional(z.object({ why: z.enum(['conflict', 'refused']), detail: z.string() })),
    /** Commits from there that are on main and not live. */
    notLive: z.optional(z.object({ commits: z.number(), why: z.enum(['manual', 'failed']), detail: z.optional(z.string()) })),
  }),
  /** Standing notices, most important first. */
  banners: z.array(z.object({ level: z.enum(['info', 'warn', 'error']), text: z.string() })),
  flags: Flags,
  /** Newest sequence number: subscribe from here. */
  seq: z.number(),
  you: z.object({ user: z.string(), role: z.enum(ROLES), device: z.string() }),
});
export type Status = z.infer<typeof Status>;

export const RunDetail = z.object({
  run: Run,
  context: z.optional(Capture),
  brief: z.optional(z.string()),
  /** Where the captured elements were found in the code the run began with. */
  sources: z.optional(Sources),
  answer: z.optional(
    z.object({
      summary: z.string(),
      files: z.array(z.string()),
      risks: z.array(z.string()),
      howToVerify: z.array(z.string()),
      followUps: z.array(z.string()),
    }),
  ),
  attempts: z.array(Attempt),
  approvals: z.array(Approval),
  logs: z.array(LogInfo),
  /** While it waits for a person or for its merge. */
  standing: z.optional(Standing),
  /** What its parent's reviewer wanted changed. */
  comments: z.optional(ReviewComments),
  messages: z.array(Message),
  drafts: z.array(Draft),
  /** Runs that came from this one, oldest first. */
  children: z.array(Run),
});
export type RunDetail = z.infer<typeof RunDetail>;

// biome-ignore format: a table is read by column
export const API = {
  status:          { method: 'GET',  path: '/api/status', role: 'viewer', status: 200, summary: 'The app, the agent, banners, flags and who you are', reply: Status },
  createRun:       { method: 'POST', path: '/api/runs', role: 'requester', status: 202, location: true, refuses: ['queue_full'], summary: 'Ask for a change', body: RunRequest, reply: OneRun },
  previewBrief:    { method: 'POST', path: '/api/briefs', role: 'requester', status: 200, summary: 'What the agent would be told; nothing is asked for', key: false, body: RunRequest, reply: z.object({ brief: z.string(), tokens: z.number() }) },
  listRuns:        { method: 'GET',  path: '/api/runs', role: 'viewer', status: 200, summary: 'Runs, newest first',
                     query: z.object({ state: z.optional(z.string().check(z.regex(new RegExp(`^(${RUN_STATES.join('|')})(,(${RUN_STATES.join('|')}))*$`)))), route: z.optional(z.string()), author: z.optional(z.string()), q: z.optional(z.string().check(z.maxLength(200))), archived: z.optional(z.enum(['true', 'false'])), unread: z.optional(z.enum(['true', 'false'])), limit: Limit, cursor: z.optional(z.string().check(z.regex(/^\d{1,16}:run_[0-9a-z]{26}$/))) }),
                     reply: z.object({ runs: z.array(Run), nextCursor: z.optional(z.string()) }) },
  getRun:          { method: 'GET',  path: '/api/runs/{id}', role: 'viewer', status: 200, summary: 'One run with its context, brief, attempts and approvals', params: ByRun, reply: RunDetail },
  cancelRun:       { method: 'POST', path: '/api/runs/{id}/cancel', role: 'requester', status: 202, refuses: ['wrong_state'], summary: 'Stop a run; possible until main has moved', params: ByRun, body: Empty, reply: OneRun },
  approveRun:      { method: 'POST', path: '/api/runs/{id}/approve', role: 'approver', status: 202, refuses: ['wrong_state', 'stale', 'lease_lost', 'frozen', 'confirm_required', 'blocked'], summary: 'Approve the head that was shown: it is merged and deployed', params: ByRun,
                     body: z.object({ headCommit: Commit, confirm: z.optional(z.object({ migrations: z.optional(z.boolean()), runId: z.optional(z.string()) })) }), reply: OneRun },
  rejectRun:       { method: 'POST', path: '/api/runs/{id}/reject', role: 'approver', status: 202, refuses: ['wrong_state'], summary: 'Reject with a reason; main is untouched', params: ByRun,
                     body: z.object({ reason: z.string().check(z.trim(), z.minLength(1), z.maxLength(4000)) }), reply: OneRun },
  retryRun:        { method: 'POST', path: '/api/runs/{id}/retry', role: 'requester', status: 202, location: true, refuses: ['wrong_state', 'queue_full'], summary: 'Ask for the same again, from today’s main', params: ByRun, body: Empty, reply: OneRun },
  reviseRun:       { method: 'POST', path: '/api/runs/{id}/revise', role: 'requester', status: 202, location: true, refuses: ['wrong_state', 'thread_busy', 'queue_full'], summary: 'Have the same thread change its work; answers the new run', params: ByRun,
                     body: z.extend(ReviewComments, { resolve: z.optional(z.boolean()) }), reply: OneRun },
  revertRun:       { method: 'POST', path: '/api/runs/{id}/revert', role: 'requester', status: 202, location: true, refuses: ['wrong_state', 'queue_full'], summary: 'Undo a merged run by a run of its own', params: ByRun, body: Empty, reply: OneRun },
  restoreRun:      { method: 'POST', path: '/api/runs/{id}/restore', role: 'requester', status: 202, location: true, refuses: ['wrong_state', 'queue_full'], summary: 'Test and preview the commit of an ended run again, without an agent', params: ByRun, body: Empty, reply: OneRun },
  applyRun:        { method: 'POST', path: '/api/runs/{id}/apply', role: 'approver', status: 202, refuses: ['wrong_state'], summary: 'Apply the patch that a safe-mode run proposed', params: ByRun, body: Empty, reply: OneRun },
  sendMessage:     { method: 'POST', path: '/api/runs/{id}/send', role: 'requester', status: 202, refuses: ['wrong_state', 'stale'], summary: 'Say something to the agent that is working; it is the next turn of its thread', params: ByRun,
                     body: z.object({ text: z.string().check(z.trim(), z.minLength(1), z.maxLength(16_000)), attempt: z.optional(z.number().check(z.int(), z.gte(1))) }), reply: OneRun },
  archiveRun:      { method: 'POST', path: '/api/runs/{id}/archive', role: 'requester', status: 202, refuses: ['wrong_state'], summary: 'Put an ended run away, or take it out again', params: ByRun, body: z.object({ archived: z.optional(z.boolean()) }), reply: OneRun },
  markRun:         { method: 'PUT',  path: '/api/runs/{id}/read', role: 'viewer', status: 200, summary: 'Say which version of a run you have seen, or mark it unread with null; it changes nothing but what is unread to you', key: false, params: ByRun,
                     body: z.object({ seen: z.nullable(z.number().check(z.int(), z.gte(1))) }), reply: OneRun },
  listDrafts:      { method: 'GET',  path: '/api/drafts', role: 'viewer', status: 200, summary: 'Follow-ups that agents proposed and nobody has decided on, newest first', query: z.object({ limit: Limit }), reply: z.object({ drafts: z.array(Draft) }) },
  sendDraft:       { method: 'POST', path: '/api/runs/{id}/drafts/{position}/send', role: 'requester', status: 202, location: true, refuses: ['wrong_state', 'queue_full'], summary: 'Make a request of a follow-up', params: ByDraft,
                     body: z.object({ prompt: z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(32_768))) }), reply: OneRun },
  dismissDraft:    { method: 'POST', path: '/api/runs/{id}/drafts/{position}/dismiss', role: 'requester', status: 200, refuses: ['wrong_state'], summary: 'Drop a follow-up', params: ByDraft, body: Empty, reply: z.object({ draft: Draft }) },
  getDiff:         { method: 'GET',  path: '/api/runs/{id}/diff', role: 'viewer', status: 200, refuses: ['wrong_state'], summary: 'What the run changed, per file', params: ByRun, reply: Diff },
  getChecks:       { method: 'GET',  path: '/api/runs/{id}/checks', role: 'viewer', status: 200, summary: 'Checks of the branch and of the gate', params: ByRun, reply: z.object({ checks: z.array(Check) }) },
  getCommands:     { method: 'GET',  path: '/api/runs/{id}/commands', role: 'viewer', status: 200, summary: 'Every command the agent ran', params: ByRun, reply: z.object({ commands: z.array(CommandRecord) }) },
  getPreview:      { method: 'GET',  path: '/api/runs/{id}/preview', role: 'viewer', status: 200, refuses: ['wrong_state'], summary: 'Where the change is live and on which data', params: ByRun, reply: Preview },
  getRunEvents:    { method: 'GET',  path: '/api/runs/{id}/events', role: 'viewer', status: 200, summary: 'Facts of a run after a sequence number', params: ByRun, query: z.object({ after: z.optional(z.coerce.number().check(z.int(), z.gte(0))) }), reply: z.object({ events: z.array(RunEvent) }) },
  getLog:          { method: 'GET',  path: '/api/runs/{id}/logs/{name}', role: 'viewer', status: 200, summary: 'Bytes of a log from an offset, live or finished',
                     params: z.object({ id: RunId, name: LogName }), query: z.object({ from: z.optional(z.coerce.number().check(z.int(), z.gte(0))) }), reply: LogPart },
  listSlots:       { method: 'GET',  path: '/api/slots', role: 'viewer', status: 200, summary: 'Preview slots and their leases', reply: z.object({ slots: z.array(Slot) }) },
  replaceSlot:     { method: 'POST', path: '/api/slots/{id}/replace', role: 'approver', status: 202, refuses: ['wrong_state', 'stale'], summary: 'Give the slot of an idle run to the next in line; its work is kept', params: z.object({ id: z.union([SlotId, z.literal('oldest-idle')]) }),
                     body: z.object({ runId: z.optional(RunId) }), reply: OneRun },
  listReleases:    { method: 'GET',  path: '/api/releases', role: 'viewer', status: 200, summary: 'Releases, newest first', query: z.object({ limit: Limit }), reply: z.object({ releases: z.array(Release) }) },
  createRelease:   { method: 'POST', path: '/api/releases', role: 'approver', status: 202, refuses: ['wrong_state', 'frozen'], summary: 'Check main as it is now and make it live; also tries again what failed', body: Empty, reply: z.object({ main: Commit }) },
  getReleaseLog:   { method: 'GET',  path: '/api/releases/{id}/logs/{name}', role: 'viewer', status: 200, summary: 'Bytes of a log of a release that belongs to no run, from an offset, live or finished',
                     params: z.object({ id: ReleaseId, name: LogName }), query: z.object({ from: z.optional(z.coerce.number().check(z.int(), z.gte(0))) }), reply: LogPart },
  takeOverMain:    { method: 'POST', path: '/api/upstream/take-over', role: 'admin', status: 202, refuses: ['wrong_state', 'stale', 'frozen'], summary: 'Let main follow the person’s repository although it was rewritten there; the commit is the one that was shown', body: z.object({ commit: Commit }), reply: z.object({ commit: Commit }) },
  rollback:        { method: 'POST', path: '/api/releases/{id}/rollback', role: 'approver', status: 202, refuses: ['wrong_state', 'rollback_impossible'], summary: 'Make an earlier release live again; the id is the release to go back to, or last-healthy',
                     params: z.object({ id: z.union([ReleaseId, z.literal('last-healthy')]) }), body: z.object({ reason: z.optional(z.string().check(z.maxLength(4000))), force: z.optional(z.boolean()) }), reply: z.object({ release: Release }) },
  listAudit:       { method: 'GET',  path: '/api/audit', role: 'admin', status: 200, summary: 'Audit entries, newest first', query: z.object({ limit: Limit, before: z.optional(z.coerce.number().check(z.int(), z.gte(1))) }), reply: z.object({ entries: z.array(AuditEntry) }) },
  getFlags:        { method: 'GET',  path: '/api/flags', role: 'viewer', status: 200, summary: 'Flags that act at once', reply: Flags },
  putFlags:        { method: 'PUT',  path: '/api/flags', role: 'admin', status: 200, summary: 'Set flags', body: z.object({ freeze: z.optional(z.boolean()), safeMode: z.optional(z.boolean()) }), reply: Flags },
  pair:            { method: 'POST', path: '/api/pair', role: 'none', status: 201, refuses: ['unauthorized', 'too_many_tries'], summary: 'Redeem a one-time code for a device secret', key: false,
                     body: z.object({ code: z.string().check(z.maxLength(64)), name: z.string().check(z.minLength(1), z.maxLength(80)), kind: z.enum(['page', 'extension']) }),
                     reply: z.object({ device: Device, secret: z.string() }) },
  createPairCode:  { method: 'POST', path: '/api/pair-codes', role: 'admin', status: 201, refuses: ['shown_once'], summary: 'Make a one-time pairing code', body: z.object({ user: z.optional(z.string().check(z.regex(/^[a-z][a-z0-9._-]{0,31}$/))), role: z.optional(z.enum(ROLES)) }), reply: z.object({ code: z.string(), expiresAt: Instant, url: z.string() }) },
  listDevices:     { method: 'GET',  path: '/api/devices', role: 'admin', status: 200, summary: 'Paired devices', reply: z.object({ devices: z.array(Device) }) },
  revokeDevice:    { method: 'DELETE', path: '/api/devices/{id}', role: 'admin', status: 200, summary: 'Revoke a device at once', params: z.object({ id: DeviceId }), reply: z.object({ device: Device }) },
  findSources:     { method: 'POST', path: '/api/sources', role: 'requester', status: 200, summary: 'Where elements of a page are in the code, as a run would be told; nothing is kept', key: false,
                     body: z.object({ elements: z.array(CapturedElement).check(z.maxLength(20)) }), reply: Sources },
  createArtifact:  { method: 'POST', path: '/api/artifacts', role: 'requester', status: 201, location: true, summary: 'Store bytes by their hash (raw body, application/octet-stream)', key: false, reply: z.object({ hash: ArtifactHash, bytes: z.number() }) },
} as const satisfies Record<string, Door>;

export type DoorName = keyof typeof API;
type Part<N extends DoorName, P extends string> = (typeof API)[N] extends { [K in P]: infer S extends z.core.$ZodType }
  ? z.infer<S>
  : undefined;
export type DoorParams<N extends DoorName> = Part<N, 'params'>;
export type DoorQuery<N extends DoorName> = Part<N, 'query'>;
export type DoorBody<N extends DoorName> = Part<N, 'body'>;
export type DoorReply<N extends DoorName> = z.infer<(typeof API)[N]['reply']>;

/** The concrete path of a door, parameters percent-encoded. */
export function doorPath(name: DoorName, params: Readonly<Record<string, string>> = {}): string {
  return API[name].path.replace(/\{(\w+)\}/g, (_whole, key: string) => encodeURIComponent(params[key] ?? ''));
}
