import { run as shell, answer, addFile, type Step } from '../support/scripted-model.ts';
import type { BadDay } from './bad-day.ts';
import * as outside from './outside.ts';
import * as runs from './runs.ts';
import * as starts from './starts.ts';

const hang: Step = { hang: true };

export const BAD_DAYS: readonly BadDay[] = [
  { day: 'bad settings', shown: 'start', live: starts.badSettings, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'settings that cannot be read', shown: 'start', live: starts.brokenSettings, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'no settings', shown: 'start', live: starts.noSettings, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'bad host settings', shown: 'start', live: starts.badHostSettings, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'no repository', shown: 'start', live: starts.noRepository, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'not a repository', shown: 'start', live: starts.notARepository, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'empty repository', shown: 'start', live: starts.emptyRepository, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'no main', shown: 'start', live: starts.noMain, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'control port', shown: 'start', live: starts.controlPortTaken, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'gateway port', shown: 'start', live: starts.gatewayPortTaken, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'second daemon', shown: 'start', live: starts.secondDaemon, reason: 'exit 75', says: /./, remedy: /./ },
  { day: 'dirty', shown: 'banner', live: outside.dirtyCheckout, reason: '', says: /./, remedy: '' },
  { day: 'detached', shown: 'timeline', live: outside.detachedCheckout, reason: '', says: /./, remedy: '' },
  { day: 'no identity', shown: 'commit', live: outside.noIdentity, reason: '', says: /./, remedy: '' },
  { day: 'no changes', shown: 'run', live: runs.failingRun({ model: [answer({ summary: 'There is nothing to do.' })] }), reason: 'NO_CHANGES', says: /./, remedy: /./ },
  { day: 'invalid answer', shown: 'run', live: runs.failingRun({ model: [shell('true'), { message: 'I am done!' }] }), reason: 'AGENT_OUTPUT_INVALID', says: /./, remedy: /./ },
  { day: 'rate limited', shown: 'run', live: runs.failingRun({ model: [{ http: 429 }] }), reason: 'AGENT_RATE_LIMITED', says: /./, remedy: /./ },
  { day: 'agent never ends', shown: 'run', live: runs.failingRun({ model: [shell('sleep 0.3')], settings: { timeouts: { agentMs: 4_000 } } }), reason: 'PHASE_TIMEOUT', says: /./, remedy: /./ },
  { day: 'agent floods', shown: 'run', live: runs.floodingAgent, reason: '', says: /./, remedy: '' },
  { day: 'path not allowed', shown: 'run', live: runs.failingRun({ model: [addFile('locked/door.txt', 'x\n'), answer()], settings: { policy: { paths: { deny: ['locked/**'] } } } }), reason: 'PATH_NOT_ALLOWED', says: /./, remedy: /./ },
  { day: 'setup fails', shown: 'run', live: runs.failingRun({ settings: { setup: { command: 'echo no such package >&2; exit 3', network: 'none' } } }), reason: 'SETUP_FAILED', says: /./, remedy: /./ },
  { day: 'settings broken while it runs', shown: 'run', live: runs.failingRun({ settings: { preview: {} } }), reason: 'SETTINGS_INVALID', says: /./, remedy: /./ },
  { day: 'check never ends', shown: 'run', live: runs.failingRun({ settings: { checks: [{ name: 'endless', command: 'sleep 1000', timeoutMs: 1_500 }] } }), reason: 'CHECK_FAILED', says: /./, remedy: /./ },
  { day: 'check floods', shown: 'run', live: runs.floodingCheck, reason: 'CHECK_FAILED', says: /./, remedy: /./ },
  { day: 'preview never listens', shown: 'run', live: runs.failingRun({ settings: { preview: { command: 'sleep 1000', health: { timeoutMs: 1_500 } } } }), reason: 'PREVIEW_FAILED', says: /./, remedy: /./ },
  { day: 'preview dies', shown: 'run', live: runs.failingRun({ settings: { preview: { command: 'echo no database; exit 4' } } }), reason: 'PREVIEW_FAILED', says: /./, remedy: /./ },
  { day: 'secret', shown: 'answer to approve', live: runs.secretInTheDiff, reason: '409 blocked', says: /./, remedy: /./ },
  { day: 'conflict', shown: 'run', live: runs.mergeConflict, reason: 'MERGE_CONFLICT', says: /./, remedy: /./ },
  { day: 'gate', shown: 'run', live: runs.gateFails, reason: 'GATE_FAILED', says: /./, remedy: /./ },
  { day: 'unhealthy', shown: 'run', live: runs.unhealthyRelease, reason: 'DEPLOY_UNHEALTHY', says: /./, remedy: /./ },
  { day: 'rewritten', shown: 'banner', live: outside.mainRewritten, reason: '409 frozen', says: /./, remedy: /./ },
  { day: 'offline', shown: 'banner', live: outside.upstreamOffline, reason: '', says: /./, remedy: /./ },
  { day: 'clock', shown: 'run', live: outside.clockJumps, reason: '', says: /./, remedy: '' },
  { day: 'gateway killed', shown: 'log', live: outside.gatewayKilled, reason: '', says: /./, remedy: '', blinks: true },
  { day: 'release killed', shown: 'log', live: outside.releaseKilled, reason: '', says: /./, remedy: '', blinks: true },
  { day: 'no sign-in', shown: 'run', live: runs.failingRun({ host: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: '' } }), reason: 'AGENT_SIGNED_OUT', says: /./, remedy: /./ },
  { day: 'unreachable', shown: 'run', live: runs.failingRun({ host: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: 'http://127.0.0.1:9/v1' } }), reason: 'AGENT_UNREACHABLE', says: /./, remedy: /./ },
  { day: 'stalled', shown: 'run', live: runs.failingRun({ model: [hang], host: { CODEX_BUILDER_AGENT_STALL_MS: '2500' } }), reason: 'AGENT_STALLED', says: /./, remedy: /./ },
  { day: 'run budget', shown: 'run', live: runs.failingRun({ host: { CODEX_BUILDER_BUDGETS_RUN_TOKENS: '500' } }), reason: 'BUDGET_EXCEEDED', says: /./, remedy: /./ },
  { day: 'day budget', shown: 'run', live: runs.waitingRun({ CODEX_BUILDER_BUDGETS_DAY_TOKENS: '500' }), reason: 'BUDGET_DAY', says: /./, remedy: /./ },
  { day: 'disk low', shown: 'run', live: runs.waitingRun({ CODEX_BUILDER_DISK_FLOOR_BYTES: '1e18' }), reason: 'DISK_LOW', says: /./, remedy: /./ },
  { day: 'corrupt ledger', shown: 'start', live: starts.corruptLedger, reason: 'exit 78', says: /./, remedy: /./ },
  { day: 'newer ledger', shown: 'start', live: starts.newerLedger, reason: 'exit 78', says: /./, remedy: /./ },
];
