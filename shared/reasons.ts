/**
 * Every reason a run may wait or end for, with its cause and remedy. Closed
 * lists: a reason that is not here cannot be stored. The words are what people read.
 */

/** Why a run is not moving although nothing is wrong with it. */
export const WAIT_REASONS = {
  WAITING_FOR_SLOT: {
    cause: 'All preview slots are taken.',
    remedy: 'It starts by itself when a slot is free; finish or cancel a run that waits for you.',
  },
  WAITING_FOR_AGENT: { cause: 'As many agents as allowed are working.', remedy: 'It starts by itself.' },
  WAITING_FOR_DEPLOY: {
    cause: 'Another run, or what came from your repository, is being merged and deployed.',
    remedy: 'It follows by itself.',
  },
  FROZEN: { cause: 'Merging is frozen.', remedy: 'An admin lifts the freeze in the settings.' },
  MAIN_DIVERGED: {
    cause: 'main here and main in your repository went different ways.',
    remedy: 'It goes on by itself once they are merged; the status banner says when you have to do it.',
  },
  MAIN_REWRITTEN: {
    cause: 'main in your repository was rewritten and no longer contains what is on main here.',
    remedy: 'Push main there forward again, or take it over on the Releases page.',
  },
  DISK_LOW: { cause: 'Less free disk than the floor for new work.', remedy: 'Free some disk space; it starts by itself.' },
  BUDGET_DAY: {
    cause: "Today's token or cost budget is used up.",
    remedy: 'It starts by itself after midnight UTC; raise the budget in host.jsonc to go on now.',
  },
  PATCH_PROPOSED: {
    cause: 'Safe mode: Codex has proposed a patch and nothing of it is applied.',
    remedy: 'Read the patch, then apply it, ask for another one, or cancel the run.',
  },
} as const;
export type WaitReason = keyof typeof WAIT_REASONS;

/** Why a run ended without being merged. */
export const END_REASONS = {
  AGENT_SIGNED_OUT: {
    cause: 'Codex has no way to reach a model: no API key, no provider, no ChatGPT sign-in that holds.',
    remedy: 'Set CODEX_BUILDER_AGENT_API_KEY (or agent.provider in host.jsonc), or sign in with ChatGPT, and retry.',
  },
  AGENT_FAILED: { cause: 'Codex ended with an error.', remedy: 'Read the agent log, then retry.' },
  AGENT_RATE_LIMITED: {
    cause: 'The model provider refused for now: rate or quota limit.',
    remedy: 'Wait for the limit to reset or raise it, then retry.',
  },
  AGENT_UNREACHABLE: { cause: 'The model provider did not answer.', remedy: 'Check the network and agent.provider.baseUrl, then retry.' },
  COMMAND_NOT_ALLOWED: {
    cause: 'The agent wanted to run a command that this host does not allow.',
    remedy: 'The command is in the timeline; ask for it in another way, or change agent.commands in host.jsonc.',
  },
  AGENT_STALLED: { cause: 'The agent produced no output for too long and was stopped.', remedy: 'Retry, perhaps with a smaller request.' },
  AGENT_OUTPUT_INVALID: { cause: "The agent's final answer did not have the required shape, twice.", remedy: 'Retry.' },
  NO_CHANGES: { cause: 'The agent changed no file.', remedy: 'Read its answer, then ask again with more detail.' },
  SNAPSHOT_INCOMPLETE: {
    cause: 'What the agent left could not be committed completely.',
    remedy: 'The files are named in the timeline; ask again without them.',
  },
  PHASE_TIMEOUT: { cause: 'One step took longer than its limit and was stopped.', remedy: 'Raise the limit in timeouts, or ask for less.' },
  RUN_TIMEOUT: { cause: 'The whole run took longer than timeouts.runMs.', remedy: 'Raise the limit, or ask for less.' },
  SETUP_FAILED: { cause: 'The setup command failed in the worktree.', remedy: 'Read the setup log; mend setup on main.' },
  PREVIEW_DATA_FAILED: { cause: 'The preview data could not be prepared.', remedy: 'Read the data log; mend preview.data on main.' },
  PREVIEW_FAILED: { cause: 'The changed app did not start or was not healthy.', remedy: 'Read the preview log, then ask for a fix.' },
  CHECK_FAILED: { cause: 'A required check failed on the change.', remedy: 'Read its log, then ask for a fix.' },
  PATH_NOT_ALLOWED: { cause: 'The change touches a path it may not.', remedy: 'The paths are named in the timeline.' },
  SECRET_FOUND: {
    cause: 'The change contains what looks like a secret.',
    remedy: 'Remove it and ask again; rotate the secret if it is real.',
  },
  BUDGET_EXCEEDED: { cause: 'The token or cost budget is used up.', remedy: 'Raise the budget in host.jsonc, or ask for less.' },
  MERGE_CONFLICT: {
    cause: 'The change conflicts with what main has become.',
    remedy: 'The files are named in the timeline; ask for a revision, which resolves them on top of the new main.',
  },
  GATE_FAILED: {
    cause: 'A required check failed on the merge with today’s main.',
    remedy: 'Read the gate log; ask for it again on top of the new main.',
  },
  BRANCH_MOVED: { cause: "The run's branch is no longer what was approved.", remedy: 'Nothing was merged. Ask again.' },
  DEPLOY_FAILED: {
    cause: 'The release could not be built or started.',
    remedy: 'Production was not touched and main was put back. Read the deploy log.',
  },
  DEPLOY_UNHEALTHY: {
    cause: 'The release started but was not healthy.',
    remedy: 'Traffic never moved and main was put back. Read the deploy log.',
  },
  DEPLOY_UNKNOWN: { cause: 'The daemon could not find out how the deploy ended.', remedy: 'Look at the releases before anything else.' },
  SETTINGS_INVALID: {
    cause: 'codex-builder.jsonc on main cannot be used.',
    remedy: 'The problems are named in the timeline; mend it on main.',
  },
  LEASE_LOST: { cause: 'The slot was taken back before the work was done.', remedy: 'The branch is kept; retry.' },
  LEASE_EXPIRED: {
    cause: 'Nobody looked at the run until its slot was needed.',
    remedy: 'The branch and its commits are kept; restore it.',
  },
  REJECTED: { cause: 'A person rejected the change.', remedy: 'The reason is in the timeline.' },
  REVISED: { cause: 'A person asked for changes.', remedy: 'The revision goes on with its work.' },
  REPLACED: { cause: 'A person gave its slot to another run.', remedy: 'Its branch and commits are kept; restore it when a slot is free.' },
  CANCELED_BY_USER: { cause: 'A person canceled the run.', remedy: 'Its branch is kept.' },
  HOST_REFUSED: { cause: 'The host could not provide what a step needs.', remedy: 'The timeline says what; mend it and retry.' },
  INTERNAL_ERROR: {
    cause: 'Codex Builder itself failed.',
    remedy: 'Nothing was merged by this. The daemon log has the details; please report it.',
  },
} as const;
export type EndReason = keyof typeof END_REASONS;

/** Why an approval no longer holds and a person is asked again. */
export const VOID_REASONS = {
  APPROVAL_VOID: {
    cause: 'main moved and the verdict on the merge is no longer the one that was approved.',
    remedy: 'Read the new reasons and decide again.',
  },
} as const;
export type VoidReason = keyof typeof VOID_REASONS;

export type ReasonCode = WaitReason | EndReason | VoidReason;
export const REASONS: Record<ReasonCode, { cause: string; remedy: string }> = { ...WAIT_REASONS, ...END_REASONS, ...VOID_REASONS };
export const REASON_CODES = Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]];
