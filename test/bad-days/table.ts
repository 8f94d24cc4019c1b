import { addFile, answer, run as shell } from '../support/scripted-model.ts';
import type { BadDay } from './bad-day.ts';
import * as outside from './outside.ts';
import * as runs from './runs.ts';
import * as starts from './starts.ts';

const FAILING = { shown: 'run' } as const;
const REFUSED = { shown: 'start', reason: 'exit 78' } as const;
const NOTHING = { reason: '', remedy: '' } as const;
const MEND_SETTINGS = 'Mend codex-builder.jsonc, commit it to main, and start again.';
const READ_CHECK_LOG = 'Read its log, then ask for a fix.';
const READ_PREVIEW_LOG = 'Read the preview log, then ask for a fix.';

/** A start that is refused: nothing of it is left behind. */
const STARTS: readonly BadDay[] = [
  {
    ...REFUSED,
    day: 'settings with six mistakes',
    live: starts.badSettings,
    says:
      'codex-builder.jsonc slots: must list at least 1 ' +
      'codex-builder.jsonc checks.0.name: a name has lower-case letters, digits, ".", "_" and "-", at most 41 of them ' +
      'codex-builder.jsonc checks.0.command: must not be empty ' +
      'codex-builder.jsonc preview.command: give either a command that starts the app or "static" with a folder of files ' +
      'codex-builder.jsonc deploy: there is no setting "helth" here codex-builder.jsonc (top): there is no setting "agent" here',
    remedy: MEND_SETTINGS,
  },
  {
    ...REFUSED,
    day: 'settings that cannot be read',
    live: starts.brokenSettings,
    says: 'codex-builder.jsonc line 3: comma expected codex-builder.jsonc line 4: colon expected',
    remedy: MEND_SETTINGS,
  },
  {
    ...REFUSED,
    day: 'no settings on main: init never ran',
    live: starts.noSettings,
    says: 'There is no codex-builder.jsonc on main.',
    remedy: 'Have it written and committed: scripts/codex-builder init --yes --repo <repo>. Then start again.',
  },
  {
    ...REFUSED,
    day: 'host settings that make no sense',
    live: starts.badHostSettings,
    says:
      'CODEX_BUILDER_SANDBOX_PROVIDER: must be one of "bwrap", "user+bwrap", "none" ' +
      'CODEX_BUILDER_BUDGETS_RUN_TOKENS: must be more than 0',
    remedy: 'Mend <state>/host.jsonc or the environment.',
  },
  {
    ...REFUSED,
    day: 'the repository is not there',
    live: starts.noRepository,
    says: '<repo>/not-there does not exist.',
    remedy: 'Name the folder of a git repository.',
  },
  {
    ...REFUSED,
    day: 'the folder is no repository',
    live: starts.notARepository,
    says: '<repo> is not a git repository.',
    remedy: 'Run: git -C <repo> init -b main, then commit the app; or name another folder.',
  },
  {
    ...REFUSED,
    day: 'a repository without a commit',
    live: starts.emptyRepository,
    says: '<repo> has no commit yet.',
    remedy: 'Run: git -C <repo> add -A, then git -C <repo> commit, on a branch called main.',
  },
  {
    ...REFUSED,
    day: 'no branch called main',
    live: starts.noMain,
    says: '<repo> has no branch called main (it has trunk).',
    remedy: 'Make one, for example: git -C <repo> branch main trunk',
  },
  {
    ...REFUSED,
    day: 'the control port is taken',
    live: starts.controlPortTaken,
    says: 'Port <port> of 127.0.0.1 is taken by another process.',
    remedy: "Stop that process (ss -ltnp 'sport = :<port>' names it) or choose another --port.",
  },
  {
    ...REFUSED,
    day: 'the gateway port is taken',
    live: starts.gatewayPortTaken,
    says: 'Port <port>, where production and previews are served, is taken by another program.',
    remedy: "Stop that program (ss -ltnp 'sport = :<port>' names it) or choose another --gateway-port.",
  },
  {
    shown: 'start',
    reason: 'exit 75',
    day: 'a second daemon',
    live: starts.secondDaemon,
    says: 'Another daemon holds <state>.',
    remedy: 'Use that one, stop it with `scripts/codex-builder stop`, or choose another --state.',
  },
];

/** What a person's repository may be like: it works all the same, and what is theirs is not touched. */
const REPOSITORIES: readonly BadDay[] = [
  {
    ...NOTHING,
    day: 'uncommitted work in the checkout',
    shown: 'banner',
    live: outside.dirtyCheckout,
    says: 'Your repository was left as it is: <repo> has staged changes (untracked.txt)',
  },
  { ...NOTHING, day: 'a detached checkout', shown: 'timeline', live: outside.detachedCheckout, says: 'upstream in_step' },
  {
    ...NOTHING,
    day: 'git knows no name of the person',
    shown: 'commit',
    live: outside.noIdentity,
    says: 'committed by Codex Builder <codex-builder@localhost>',
  },
];

const RUNS: readonly BadDay[] = [
  {
    ...FAILING,
    day: 'the agent changes nothing',
    live: runs.failingRun({ model: [answer({ summary: 'There is nothing to do.' })] }),
    reason: 'NO_CHANGES',
    says: 'There is nothing to do.',
    remedy: 'Read its answer, then ask again with more detail.',
  },
  {
    ...FAILING,
    day: 'an answer of the wrong shape, twice',
    live: runs.failingRun({ model: [shell('true'), { message: 'I am done!' }] }),
    reason: 'AGENT_OUTPUT_INVALID',
    says: 'The last answer did not have the required shape. It was asked twice.',
    remedy: 'Retry.',
  },
  {
    ...FAILING,
    day: 'the model is rate-limited',
    live: runs.failingRun({ model: [{ http: 429, body: { error: { message: 'slow down' } } }] }),
    reason: 'AGENT_RATE_LIMITED',
    says: 'the model provider answered 429: {"error":{"message":"slow down"}}',
    remedy: 'Wait for the limit to reset or raise it, then retry.',
  },
  {
    ...FAILING,
    day: 'the agent never ends',
    live: runs.failingRun({ model: [shell('sleep 0.3')], settings: { timeouts: { agentMs: 4_000 } } }),
    reason: 'PHASE_TIMEOUT',
    says: 'The agent took longer than timeouts.agentMs and was stopped.',
    remedy: 'Raise the limit in timeouts, or ask for less.',
  },
  {
    ...NOTHING,
    day: 'the agent floods its log',
    shown: 'command',
    live: runs.floodingAgent,
    says: "its command's output: … <N> bytes left out …",
  },
  {
    ...FAILING,
    day: 'a path that no change may touch',
    live: runs.failingRun({
      model: [addFile('locked/door.txt', 'x\n'), answer()],
      settings: { policy: { paths: { deny: ['locked/**'] } } },
    }),
    reason: 'PATH_NOT_ALLOWED',
    says: 'The change touches what it may not: locked/door.txt. The globs are policy.paths in codex-builder.jsonc on main.',
    remedy: 'The paths are named in the timeline.',
  },
  {
    ...FAILING,
    day: 'setup fails',
    live: runs.failingRun({ settings: { setup: { command: 'echo no such package >&2; exit 3', network: 'none' } } }),
    reason: 'SETUP_FAILED',
    says: 'exit code 3: setup failed; its last words:\nno such package',
    remedy: 'Read the setup log; mend setup on main.',
  },
  {
    ...FAILING,
    day: 'settings break while it runs',
    live: runs.failingRun({ settings: { preview: {} } }),
    reason: 'SETTINGS_INVALID',
    says: 'codex-builder.jsonc preview.command: give either a command that starts the app or "static" with a folder of files',
    remedy: 'The problems are named in the timeline; mend it on main.',
  },
  {
    ...FAILING,
    day: 'a check never ends',
    live: runs.failingRun({ settings: { checks: [{ name: 'endless', command: 'sleep 1000', timeoutMs: 2_000 }] } }),
    reason: 'CHECK_FAILED',
    says: 'endless: stopped after 2 s',
    remedy: READ_CHECK_LOG,
  },
  {
    ...FAILING,
    day: 'a check floods its log',
    live: runs.floodingCheck,
    reason: 'CHECK_FAILED',
    says: 'flood: stopped after 20 MiB of output [the log is full: <N> more bytes were not kept]',
    remedy: READ_CHECK_LOG,
  },
  {
    ...FAILING,
    day: 'the preview never listens',
    live: runs.failingRun({ settings: { preview: { command: 'sleep 1000', health: { timeoutMs: 1_500 } } } }),
    reason: 'PREVIEW_FAILED',
    says: 'nothing answered on 127.0.0.1:$PORT within 1500 ms',
    remedy: READ_PREVIEW_LOG,
  },
  {
    ...FAILING,
    day: 'the preview dies',
    live: runs.failingRun({ settings: { preview: { command: 'echo no database; exit 4' } } }),
    reason: 'PREVIEW_FAILED',
    says: 'the preview ended with exit code 4',
    remedy: READ_PREVIEW_LOG,
  },
  {
    day: 'a secret in the diff',
    shown: 'answer to Approve',
    live: runs.secretInTheDiff,
    reason: '409 blocked',
    says: 'This change cannot be approved: keys.txt:1 looks like an AWS access key.',
    remedy: 'Remove it; rotate it if it is real.',
  },
];

const MERGES: readonly BadDay[] = [
  {
    ...FAILING,
    day: 'the merge conflicts',
    live: runs.mergeConflict,
    reason: 'MERGE_CONFLICT',
    says: 'Conflicts in <file>.',
    remedy: 'The files are named in the timeline; ask for a revision, which resolves them on top of the new main.',
  },
  {
    ...FAILING,
    day: 'fine alone, red together',
    live: runs.gateFails,
    reason: 'GATE_FAILED',
    says: 'not-both: exit code 1',
    remedy: 'Read the gate log; ask for it again on top of the new main.',
  },
  {
    ...FAILING,
    day: 'a release that is never healthy',
    live: runs.unhealthyRelease,
    reason: 'DEPLOY_UNHEALTHY',
    says: 'health: /up answered 500, not 2xx, within 8000 ms',
    remedy: 'Traffic never moved and main was put back. Read the deploy log.',
  },
  {
    day: 'main is rewritten upstream',
    shown: 'banner and answer to Approve',
    live: outside.mainRewritten,
    reason: '409 frozen',
    says: 'main in your repository was rewritten to <commit>: 2 commits of main here are no longer part of it, with the merged run "<title>". Nothing is merged until you decide.',
    remedy: 'Either push main there forward again so that it contains them, or take it over as it is now on the Releases page.',
  },
  {
    day: 'upstream is away',
    shown: 'banner',
    live: outside.upstreamOffline,
    reason: '',
    says: 'Your repository cannot be reached since <time> (<repo> does not exist.).',
    remedy: 'Runs go on here, and it is brought along as soon as it is back.',
  },
];

const MACHINES: readonly BadDay[] = [
  {
    ...NOTHING,
    day: 'the clock jumps, on and back',
    shown: 'run that waits',
    live: outside.clockJumps,
    says: "WAITING_FOR_SLOT as before, nobody's time is over",
  },
  {
    ...NOTHING,
    day: 'the gateway is killed',
    shown: 'banner',
    live: outside.gatewayKilled,
    says: 'The gateway was cut off and started again at <time>, once in all.',
    remedy: 'Its log is logs/gateway.log.',
    blinks: true,
  },
  {
    ...NOTHING,
    day: 'the live release is killed',
    shown: 'banner',
    live: outside.releaseKilled,
    says: 'Production ended by itself at <time> (<how>) and was started again, once in all.',
    blinks: true,
  },
  {
    ...FAILING,
    day: 'nobody is signed in',
    live: runs.failingRun({ host: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: '' } }),
    reason: 'AGENT_SIGNED_OUT',
    says: "Codex has no model: no API key, no provider and no ChatGPT sign-in. Set CODEX_BUILDER_AGENT_API_KEY and start again, or use your ChatGPT account. Sign in: CODEX_HOME='<state>/codex-sign-in' <codex> login",
    remedy: 'Set CODEX_BUILDER_AGENT_API_KEY (or agent.provider in host.jsonc), or sign in with ChatGPT, and retry.',
  },
  {
    ...FAILING,
    day: 'the model cannot be reached',
    live: runs.failingRun({ host: { CODEX_BUILDER_AGENT_PROVIDER_BASE_URL: 'http://127.0.0.1:9/v1' } }),
    reason: 'AGENT_UNREACHABLE',
    says: 'The model provider custom does not answer: connect ECONNREFUSED 127.0.0.1:9. Start it, or mend agent.provider.baseUrl in host.jsonc.',
    remedy: 'Check the network and agent.provider.baseUrl, then retry.',
  },
  {
    ...FAILING,
    day: 'the agent stalls',
    live: runs.failingRun({ model: [{ hang: true }], host: { CODEX_BUILDER_AGENT_STALL_MS: '2500' } }),
    reason: 'AGENT_STALLED',
    says: 'The agent produced no output for too long and was stopped.',
    remedy: 'Retry, perhaps with a smaller request.',
  },
  {
    ...FAILING,
    day: "the run's budget is used up",
    live: runs.failingRun({ host: { CODEX_BUILDER_BUDGETS_RUN_TOKENS: '500' } }),
    reason: 'BUDGET_EXCEEDED',
    says: '1050 of 500 tokens are used',
    remedy: 'Raise the budget in host.jsonc, or ask for less.',
  },
  {
    ...FAILING,
    day: "the day's budget is used up",
    live: runs.waitingRun({ CODEX_BUILDER_BUDGETS_DAY_TOKENS: '500' }),
    reason: 'BUDGET_DAY',
    says: "Today's token or cost budget is used up.",
    remedy: 'It starts by itself after midnight UTC; raise the budget in host.jsonc to go on now.',
  },
  {
    ...FAILING,
    day: 'the disk is nearly full',
    live: runs.waitingRun({ CODEX_BUILDER_DISK_FLOOR_BYTES: '1e18' }),
    reason: 'DISK_LOW',
    says: 'Less free disk than the floor for new work.',
    remedy: 'Free some disk space; it starts by itself.',
  },
  {
    ...REFUSED,
    day: 'the ledger is damaged',
    live: starts.corruptLedger,
    says: 'The ledger is damaged: SqliteError: file is not a database',
    remedy: 'It was left as it is. Put a copy of it in its place (<state>/backups has one from before each upgrade), then start again.',
  },
  {
    ...REFUSED,
    day: 'the ledger is of a newer version',
    live: starts.newerLedger,
    says: 'The ledger has migration 9999_of_tomorrow.sql, which this version of Codex Builder does not know.',
    remedy: 'Start the newer version again, or restore the backup made before it.',
  },
];

/** Each bad day, and what a person reads of it, to the letter. They are lived one after the other, on one app that goes on. */
export const BAD_DAYS: readonly BadDay[] = [...STARTS, ...REPOSITORIES, ...RUNS, ...MERGES, ...MACHINES];
