import { describe, expect, test } from 'vitest';
import type { EffectType } from '../../daemon/core/effects.ts';
import type { RunHandler } from '../../daemon/effects/parts.ts';
import { runIdOf } from '../store/temporary-store.ts';
import { gate, openBench } from './worker-bench.ts';

/** How a hand may take it that its daemon stops. */
const MANNERS: Record<string, (signal: AbortSignal, go: () => ReturnType<RunHandler>) => ReturnType<RunHandler>> = {
  'answers that it is done': () => Promise.resolve('done'),
  throws: () => Promise.reject(new Error('stopped')),
  'reports as if nothing had happened': (_signal, go) => go(),
};

describe.each(Object.entries(MANNERS))('CRS-08 a hand that %s when the daemon stops', (_manner, behave) => {
  test.each([
    'lease_slot',
    'prepare_worktree',
    'run_attempt',
    'take_snapshot',
    'run_checks',
    'start_preview',
    'assemble_review',
    'build_candidate',
    'run_gate',
    'land',
    'deploy',
  ] as const)('in %s: it is owed, the next daemon begins it again as interrupted, and the run goes its way', async (type) => {
    const held = gate();
    const first = openBench({
      hands: (straight) => ({
        [type]: async (...given: Parameters<RunHandler>) => {
          await held.pass(given[1].signal);
          return behave(given[1].signal, () => straight[type](...given));
        },
      }),
    });
    first.worker.start();
    first.request(1);
    await first.until(() => held.standing.size > 0 || first.stateOf(1) === 'needs_approval');
    if (held.standing.size === 0) first.approve(1);
    await first.until(() => held.standing.size > 0);
    await first.stop();
    const state = first.stateOf(1);
    // A slot that is leased at the last moment is leased: that hand settles itself.
    const left = first.store.db.prepare(`SELECT type FROM effects WHERE state IN ('owed', 'running', 'waiting')`).all() as {
      type: EffectType;
    }[];
    expect(left.map((row) => row.type)).toContain(type);
    first.store.close();

    const second = openBench({ folder: first.store.folder, clock: first.store.clock });
    expect(second.stateOf(1)).toBe(state);
    second.worker.start();
    await second.untilState(1, 'needs_approval', 'merged');
    if (second.stateOf(1) === 'needs_approval') second.approve(1);
    await second.untilState(1, 'merged');
    expect(second.began.find((begun) => begun.type === type)).toEqual({ type, run: runIdOf(1), interrupted: true });
    await second.worker.drain();
  });
});

test('nothing is begun after stop, and stop waits for what runs', async () => {
  const held = gate();
  let ended = false;
  const bench = openBench({
    hands: ({ run_checks }) => ({
      run_checks: async (...given) => {
        await held.pass();
        ended = true;
        return run_checks(...given);
      },
    }),
  });
  bench.worker.start();
  bench.request(1);
  await bench.until(() => held.standing.size > 0);
  const begun = bench.began.length;
  const stopped = bench.stop();
  bench.request(2);
  bench.worker.kick();
  held.open();
  await stopped;
  expect(ended).toBe(true);
  expect(bench.began.length).toBe(begun);
  expect(bench.worker.runningTypes()).toEqual([]);
});

test('a stop that is repeated in the middle of the same work uses up none of its tries', async () => {
  let folder: string | undefined;
  let clock: ReturnType<typeof openBench>['store']['clock'] | undefined;
  for (let daemon = 0; daemon < 6; daemon++) {
    const held = gate();
    const bench = openBench({
      ...(folder === undefined ? {} : { folder, clock }),
      hands: () => ({ run_checks: (_run, { signal }) => held.pass(signal).then(() => 'done' as const) }),
    });
    bench.worker.start();
    if (daemon === 0) bench.request(1);
    await bench.until(() => held.standing.size > 0);
    await bench.stop();
    folder = bench.store.folder;
    clock = bench.store.clock;
    bench.store.close();
  }
  let tries = 0;
  const last = openBench({
    folder: folder!,
    clock: clock!,
    hands: ({ run_checks }) => ({ run_checks: (...given) => (++tries < 2 ? Promise.reject(new Error('it broke')) : run_checks(...given)) }),
  });
  last.worker.start();
  await last.untilState(1, 'needs_approval', 'failed');
  expect(last.stateOf(1)).toBe('needs_approval');
});
