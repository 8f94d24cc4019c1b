import { setImmediate as turn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { RunState } from '#shared/run.ts';
import { EFFECTS, type EffectType } from '../../daemon/core/effects.ts';
import type { Run } from '../../daemon/core/run.ts';
import type { UpstreamSeen } from '../../daemon/core/upstream-seen.ts';
import { leaseSlot } from '../../daemon/effects/lease-slot.ts';
import type { DaemonHandler, Parts, RunHandler } from '../../daemon/effects/parts.ts';
import { createWorker, type Handlers } from '../../daemon/effects/worker.ts';
import { ANSWER, BASE, CLEAR, HEAD, MERGE, REQUEST, REVIEW, TREE, VERDICT } from '../core/road.ts';
import { ask, type OpenedStore, releaseIdOf, runIdOf, type StoreSettings, temporaryStore } from '../store/temporary-store.ts';

export const numberOf = (run: Run): number => Number(run.id.slice(4));

/** The straight way of each effect, through the same reports as the real hands, with nothing outside. */
function straightHands(parts: Parts): Record<EffectType, RunHandler> {
  const finish =
    (report: (run: Run) => Parameters<Parameters<RunHandler>[1]['finish']>[0]): RunHandler =>
    async (run, context) => {
      await Promise.resolve();
      context.finish(report(run));
      return 'done';
    };
  return {
    lease_slot: leaseSlot(parts),
    prepare_worktree: finish((run) => ({
      type: 'report_worktree',
      fence: run.fence!,
      baseCommit: BASE,
      worktree: '/w',
      brief: 'b',
      startCommit: BASE,
      startTree: TREE,
    })),
    apply_patch: finish((run) => ({ type: 'report_snapshot', fence: run.fence!, commit: run.proposal!.commit, tree: run.proposal!.tree })),
    archive_branch: async () => 'done',
    release_upstream: async () => 'done',
    watch_release: async () => 'done',
    reset_preview_data: finish((run) => ({ type: 'report_data', fence: run.fence!, seedVersion: 's', kind: 'none' })),
    run_attempt: async (run, context) => {
      const { attempt } = context.report({ type: 'report_attempt_started', fence: run.fence!, attempt: run.attempt + 1 });
      await Promise.resolve();
      context.finish({ type: 'report_answer', fence: run.fence!, attempt, answer: ANSWER, inputTokens: 1, outputTokens: 1 });
      return 'done';
    },
    take_snapshot: finish((run) => ({ type: 'report_snapshot', fence: run.fence!, commit: HEAD, tree: TREE })),
    run_checks: finish((run) => ({ type: 'report_checks_passed', fence: run.fence!, commit: run.headCommit! })),
    start_preview: finish((run) =>
      run.state === 'testing'
        ? { type: 'report_preview_ready', fence: run.fence!, commit: run.headCommit! }
        : { type: 'report_preview_started', fence: run.fence!, url: 'u', commit: run.headCommit! },
    ),
    assemble_review: finish((run) => ({ ...REVIEW, fence: run.fence! })),
    build_candidate: async (run, context) => {
      const begun = context.tryReport({ type: 'report_merge_started' });
      if (!begun.ok) return 'wait';
      await Promise.resolve();
      context.finish({
        type: 'report_candidate',
        candidateId: `${run.id}-${begun.run.candidates + 1}`,
        commit: MERGE,
        tree: TREE,
        base: BASE,
      });
      return 'done';
    },
    run_gate: finish((run) => ({
      type: 'report_gate_passed',
      candidateId: run.candidate!.id,
      policy: CLEAR,
      verdictHash: VERDICT,
      migrations: 'none',
    })),
    land: async (run, context) => {
      const releaseId = releaseIdOf(numberOf(run));
      const begun = context.tryReport({ type: 'report_landing', candidateId: run.candidate!.id, releaseId });
      if (!begun.ok) return 'wait';
      await Promise.resolve();
      context.finish({ type: 'report_landed', candidateId: run.candidate!.id, releaseId });
      return 'done';
    },
    deploy: finish((run) => ({ type: 'report_live', releaseId: run.releaseId! })),
    undo_main: finish(() => ({ type: 'report_undone', outcome: 'undone' })),
    roll_back: () => Promise.resolve('done'),
    follow_upstream: finish(() => ({ type: 'report_upstream', state: 'in_step' })),
    release_slot: finish((run) => ({ type: 'report_slot_released', slot: run.slot ?? 'preview-1' })),
  };
}

export interface BenchSettings extends StoreSettings {
  agents?: number;
  /** Hands that take the place of straight ones. They get those, to go on where they leave off. */
  hands?: (straight: Record<EffectType, RunHandler>, parts: Parts) => Partial<Record<EffectType, RunHandler>>;
  rollBack?: DaemonHandler;
}

/** A worker on a real store, with a clock moved by hand and hands that are functions. Stopped when the test ends. */
export function openBench({ agents = 3, hands = () => ({}), rollBack, ...settings }: BenchSettings = {}) {
  const store: OpenedStore = temporaryStore(settings);
  const said: string[] = [];
  const began: { type: EffectType; run?: string; interrupted: boolean }[] = [];
  const upstream: UpstreamSeen = { state: 'unknown' };
  // What the worker, giving up and leasing a slot use, and nothing else: touching another port throws.
  const parts = {
    ...store,
    upstream,
    log: (_level: string, message: string) => void said.push(message),
    ids: { next: () => 'x', randomHex: () => 'trace' },
    agent: { readiness: () => Promise.resolve({ ready: true }) },
    host: { freeBytes: () => Promise.resolve(1e12) },
    folders: { state: store.folder },
    limits: { diskFloorBytes: 1, leaseTtlMs: 1_800_000, budgets: {} },
  } as unknown as Parts;
  const straight = straightHands(parts);
  const all = { ...straight, ...hands(straight, parts) };
  const handlers = Object.fromEntries(
    (Object.keys(EFFECTS) as EffectType[]).map((type) => {
      const run: RunHandler = (of, context, effect) => {
        began.push({ type, run: of.id, interrupted: effect.interrupted });
        return all[type](of, context, effect);
      };
      return [type, type === 'roll_back' ? { daemon: rollBack } : { run }];
    }),
  ) as unknown as Handlers;
  const worker = createWorker(parts, handlers, () => agents);
  let running = true;
  const stop = () => {
    if (!running) return Promise.resolve();
    running = false;
    return worker.stop();
  };
  onTestFinished(stop);

  /** Lets everything that can go on go on, moving the clock where something backs off, until a fact holds. */
  async function until(holds: () => boolean, what = 'what the test waits for'): Promise<void> {
    for (let turns = 0; turns < 5_000; turns++) {
      if (holds()) return;
      await turn();
      if (turns % 3 === 2) store.clock.advance(250);
    }
    throw new Error(`never came: ${what}; running ${worker.runningTypes().join()}; said ${said.slice(-3).join(' | ')}`);
  }
  const stateOf = (n: number) => store.queries.find(runIdOf(n))?.state;
  return {
    store,
    parts,
    worker,
    said,
    began,
    stop,
    until,
    stateOf,
    request: (n: number) => ask(store, runIdOf(n), REQUEST),
    untilState: (n: number, ...states: RunState[]) =>
      until(() => states.includes(stateOf(n)!), `${n} ${states.join('/')}, it is ${stateOf(n)}`),
    approve: (n: number) => ask(store, runIdOf(n), { type: 'approve_run', headCommit: HEAD }, 'grace'),
  };
}

/** A hand that holds still until the test lets it go on, and the effects that stand in it. */
export function gate() {
  const standing = new Set<() => void>();
  return {
    standing,
    /** Settles when it is let go, or when its effect is told to stop. */
    pass: (signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        const go = () => {
          standing.delete(go);
          resolve();
        };
        standing.add(go);
        signal?.addEventListener('abort', go, { once: true });
      }),
    open: () => {
      for (const go of [...standing]) go();
    },
  };
}
