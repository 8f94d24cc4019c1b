import type { RunState } from '#shared/run.ts';
import type { RunFactType } from './run-events.ts';

/**
 * How each effect behaves when the daemon dies in the middle of it.
 *
 * `again`   doing it twice is the same as doing it once; run it again.
 * `look`    ask git, the gateway or the operating system what happened, then decide.
 * `resume`  continue the Codex thread in the same worktree as a new attempt.
 *
 * A lane is a queue with a width; `attempts` bounds how often an effect that
 * threw is tried, with RETRY_AFTER_MS between, before it is given up; the worker says what follows then. `during` are the
 * states in which it still makes sense: in any other it is done without being begun.
 */
// biome-ignore format: a table is read by column
export const EFFECTS = {
  lease_slot:         { lane: 'slots',  attempts: 5, afterCrash: 'again',  during: ['queued'] },
  prepare_worktree:   { lane: 'work',   attempts: 3, afterCrash: 'again',  during: ['planning'] },
  reset_preview_data: { lane: 'work',   attempts: 3, afterCrash: 'again',  during: ['planning'] },
  run_attempt:        { lane: 'agents', attempts: 3, afterCrash: 'resume', during: ['editing', 'planning'] },
  take_snapshot:      { lane: 'work',   attempts: 3, afterCrash: 'again',  during: ['editing'] },
  run_checks:         { lane: 'work',   attempts: 3, afterCrash: 'again',  during: ['testing'] },
  start_preview:      { lane: 'work',   attempts: 3, afterCrash: 'again',  during: ['testing', 'preview_ready', 'needs_approval', 'approved', 'merging', 'deploying'] },
  apply_patch:        { lane: 'work',   attempts: 3, afterCrash: 'again',  during: ['planning'] },
  assemble_review:    { lane: 'work',   attempts: 3, afterCrash: 'again',  during: ['preview_ready'] },
  build_candidate:    { lane: 'main',   attempts: 3, afterCrash: 'again',  during: ['approved', 'merging'] },
  run_gate:           { lane: 'main',   attempts: 3, afterCrash: 'again',  during: ['merging'] },
  land:               { lane: 'main',   attempts: 8, afterCrash: 'look',   during: ['merging'] },
  deploy:             { lane: 'main',   attempts: 8, afterCrash: 'look',   during: ['deploying'] },
  undo_main:          { lane: 'main',   attempts: 8, afterCrash: 'look',   during: ['deploying'] },
  roll_back:          { lane: 'main',   attempts: 8, afterCrash: 'look',   during: [] },
  release_upstream:   { lane: 'main',   attempts: 5, afterCrash: 'look',   during: [] },
  watch_release:      { lane: 'watch',  attempts: 3, afterCrash: 'again',  during: [] },
  archive_branch:     { lane: 'upkeep', attempts: 5, afterCrash: 'again',  during: ['merged', 'failed', 'canceled', 'expired'] },
  follow_upstream:    { lane: 'upkeep', attempts: 5, afterCrash: 'again',  during: ['deploying', 'merged', 'failed'] },
  release_slot:       { lane: 'upkeep', attempts: 5, afterCrash: 'again',  during: ['merged', 'failed', 'canceled', 'expired'] },
} as const satisfies Record<string, { lane: Lane; attempts: number; afterCrash: 'again' | 'look' | 'resume'; during: readonly RunState[] }>;

export type EffectType = keyof typeof EFFECTS;
export type Lane = 'slots' | 'work' | 'agents' | 'main' | 'watch' | 'upkeep';

/** Pauses after the first, second … throw; the last one holds for all that follow. */
export const RETRY_AFTER_MS = [500, 2_000, 10_000, 30_000, 60_000] as const;

/** How many effects of a lane run at once; `agents` comes from limits.agents. */
export const LANE_WIDTH: Record<Exclude<Lane, 'agents'>, number> = { slots: 1, work: 4, main: 1, watch: 4, upkeep: 2 };

/** What entering a state sets in motion. */
// biome-ignore format: a table is read by column
export const ON_ENTER: Record<RunState, readonly EffectType[]> = {
  queued:         ['lease_slot'],
  planning:       ['prepare_worktree'],
  editing:        ['run_attempt'],
  testing:        ['run_checks'],
  preview_ready:  ['assemble_review'],
  needs_approval: [],
  approved:       ['build_candidate'],
  merging:        [],
  deploying:      ['deploy', 'follow_upstream'],
  merged:         ['release_slot'],
  failed:         ['release_slot'],
  canceled:       ['release_slot'],
  expired:        ['release_slot'],
};

/** The next step inside a state, set in motion by the fact that ends the one before. */
// biome-ignore format: a table is read by column
export const ON_FACT: Partial<Record<RunFactType, EffectType>> = {
  'worktree.prepared':    'reset_preview_data',
  'proposal.began':       'run_attempt',
  'attempt.continued':    'run_attempt',
  'patch.applied':        'apply_patch',
  'attempt.ended':        'take_snapshot',
  'checks.passed':        'start_preview',
  'candidate.built':      'run_gate',
  'gate.passed':          'land',
  'candidate.superseded': 'build_candidate',
  'release.failed':       'undo_main',
  'main.undone':          'follow_upstream',
  'run.archived':         'archive_branch',
};

/** An effect as the outbox keeps it. `runId` is absent for work that belongs to no run (first release, rollback). */
export interface Effect {
  id: number;
  type: EffectType;
  runId?: string;
  payload: Readonly<Record<string, unknown>>;
  /** Fence of the run's lease when it was owed. */
  fence?: number;
  tries: number;
  /** The daemon died while it ran the last time. */
  interrupted: boolean;
}
