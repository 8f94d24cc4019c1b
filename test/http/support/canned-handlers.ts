import type { DoorName, DoorReply } from '#shared/api.ts';
import { API } from '#shared/api.ts';
import type { Caller, HandledDoor, Handlers, Stranger } from '../../../daemon/http/handlers.ts';
import { RUN_ID } from './memory-store.ts';

const AT = '2026-01-01T00:00:00.000Z';
const COMMIT = 'a'.repeat(40);
const RELEASE_ID = `rel_${'0'.repeat(26)}`;
const DEVICE_ID = `dev_${'9'.repeat(26)}`;

const run = {
  id: RUN_ID,
  title: 'A change',
  prompt: 'Change it',
  author: 'owner',
  state: 'queued' as const,
  priority: 'normal' as const,
  branch: 'codex/run-1',
  checks: { passed: 0, failed: 0, running: 0, total: 0 },
  usage: { inputTokens: 0, outputTokens: 0 },
  version: 1,
  createdAt: AT,
  updatedAt: AT,
};
const release = {
  id: RELEASE_ID,
  commit: COMMIT,
  kind: 'first' as const,
  state: 'live' as const,
  title: 'First',
  rollback: { possible: true },
  warm: true,
  actor: 'owner',
  createdAt: AT,
};
const draft = { runId: RUN_ID, position: 1, text: 'Add a test', state: 'open' as const, at: AT };
const device = { id: DEVICE_ID, name: 'Chrome', kind: 'page' as const, user: 'owner', role: 'admin' as const, createdAt: AT };

const REPLIES: { [N in HandledDoor]: DoorReply<N> } = {
  status: {
    app: 'sample',
    productionUrl: 'http://app.localhost:4401',
    agent: { ready: true, demo: false, examples: [] },
    sandbox: 'bwrap',
    upstream: { state: 'in_step' },
    banners: [],
    flags: { freeze: false, safeMode: false },
    seq: 0,
    you: { user: 'owner', role: 'admin', device: DEVICE_ID },
  },
  createRun: { run },
  previewBrief: { brief: '# Task\nMake it blue\n', tokens: 6 },
  listRuns: { runs: [run] },
  getRun: { run, attempts: [], approvals: [], logs: [], messages: [], drafts: [], children: [] },
  cancelRun: { run },
  approveRun: { run },
  rejectRun: { run },
  retryRun: { run },
  reviseRun: { run },
  revertRun: { run },
  restoreRun: { run },
  applyRun: { run },
  sendMessage: { run },
  archiveRun: { run },
  markRun: { run },
  listDrafts: { drafts: [draft] },
  sendDraft: { run },
  dismissDraft: { draft },
  replaceSlot: { run },
  getDiff: { base: COMMIT, head: COMMIT, files: [] },
  getChecks: { checks: [] },
  getCommands: { commands: [] },
  getPreview: { url: 'http://preview1.localhost:4401', slot: 'preview-1', health: 'healthy', data: { kind: 'none', migrations: [] } },
  getRunEvents: { events: [] },
  getLog: { name: 'agent', from: 0, next: 0, finished: false, text: '' },
  listSlots: { slots: [] },
  listReleases: { releases: [release] },
  createRelease: { main: COMMIT },
  getReleaseLog: { name: 'deploy', from: 0, next: 0, finished: true, text: '' },
  takeOverMain: { commit: COMMIT },
  rollback: { release },
  listAudit: { entries: [] },
  getFlags: { freeze: false, safeMode: false },
  putFlags: { freeze: true, safeMode: false },
  pair: { device, secret: 'f'.repeat(64) },
  createPairCode: { code: 'ABCD-EFGH', expiresAt: AT, url: 'http://127.0.0.1:4400/codex' },
  listDevices: { devices: [device] },
  revokeDevice: { device },
  findSources: { commit: COMMIT, elements: [] },
};

/** An input each door takes. */
export const INPUTS: { [N in HandledDoor]: { params?: Record<string, string>; body?: unknown } } = {
  status: {},
  createRun: { body: { prompt: 'Make it blue' } },
  previewBrief: { body: { prompt: 'Make it blue' } },
  listRuns: {},
  getRun: { params: { id: RUN_ID } },
  cancelRun: { params: { id: RUN_ID }, body: {} },
  approveRun: { params: { id: RUN_ID }, body: { headCommit: COMMIT } },
  rejectRun: { params: { id: RUN_ID }, body: { reason: 'no' } },
  retryRun: { params: { id: RUN_ID }, body: {} },
  reviseRun: { params: { id: RUN_ID }, body: { comments: [], text: 'greener' } },
  revertRun: { params: { id: RUN_ID }, body: {} },
  restoreRun: { params: { id: RUN_ID }, body: {} },
  applyRun: { params: { id: RUN_ID }, body: {} },
  sendMessage: { params: { id: RUN_ID }, body: { text: 'also the footer' } },
  archiveRun: { params: { id: RUN_ID }, body: {} },
  markRun: { params: { id: RUN_ID }, body: { seen: 1 } },
  listDrafts: {},
  sendDraft: { params: { id: RUN_ID, position: '1' }, body: {} },
  dismissDraft: { params: { id: RUN_ID, position: '1' }, body: {} },
  replaceSlot: { params: { id: 'preview-1' }, body: {} },
  getDiff: { params: { id: RUN_ID } },
  getChecks: { params: { id: RUN_ID } },
  getCommands: { params: { id: RUN_ID } },
  getPreview: { params: { id: RUN_ID } },
  getRunEvents: { params: { id: RUN_ID } },
  getLog: { params: { id: RUN_ID, name: 'agent' } },
  listSlots: {},
  listReleases: {},
  createRelease: { body: {} },
  getReleaseLog: { params: { id: RELEASE_ID, name: 'deploy' } },
  takeOverMain: { body: { commit: COMMIT } },
  rollback: { params: { id: RELEASE_ID }, body: {} },
  listAudit: {},
  getFlags: {},
  putFlags: { body: { freeze: true } },
  pair: { body: { code: 'ABCD-EFGH', name: 'Chrome', kind: 'page' } },
  createPairCode: { body: {} },
  listDevices: {},
  revokeDevice: { params: { id: DEVICE_ID } },
  findSources: { body: { elements: [] } },
};

export const HANDLED_DOORS = (Object.keys(API) as DoorName[]).filter((name) => name !== 'createArtifact');

export interface SeenCall {
  door: HandledDoor;
  input: { params: unknown; query: unknown; body: unknown };
  caller: Stranger & Partial<Caller>;
}

/** Handlers that note what they were given and answer as the contract says; `answers` replaces some of them. */
export function cannedHandlers(seen: SeenCall[], answers: Partial<Handlers> = {}): Handlers {
  const handlers: Record<string, unknown> = {};
  for (const door of HANDLED_DOORS) {
    const answer = answers[door] as ((input: unknown, caller: unknown) => unknown) | undefined;
    handlers[door] = (input: SeenCall['input'], caller: Caller) => {
      seen.push({ door, input, caller });
      return answer ? answer(input, caller) : { ok: true, body: REPLIES[door] };
    };
  }
  return handlers as unknown as Handlers;
}
